import { at } from '../at.ts'

/**
 * The ranks of a column, moved and scaled to mean 0 and sum of squares 1. The product of two such columns, summed, is
 * Spearman's rank correlation (scipy's `spearmanr`). Equal values share the mean of their ranks. NaN for a constant column.
 */
export function normalizedRanks(column: Float64Array): Float64Array {
  const order = Uint32Array.from(column, (_, i) => i).sort((i, j) => at(column, i) - at(column, j))
  const middle = (column.length - 1) / 2
  const ranks = new Float64Array(column.length)
  let squares = 0
  for (let start = 0; start < order.length;) {
    const value = column[at(order, start)]
    let end = start + 1
    while (end < order.length && column[at(order, end)] === value) end++
    const rank = (start + end - 1) / 2 - middle
    for (let position = start; position < end; position++) ranks[at(order, position)] = rank
    squares += (end - start) * rank ** 2
    start = end
  }
  return ranks.map((rank) => rank / Math.sqrt(squares))
}
