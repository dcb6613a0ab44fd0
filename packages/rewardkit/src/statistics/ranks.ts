import { distinct, middleShares } from './distinct.ts'

/**
 * The ranks of a column, moved and scaled to mean 0 and sum of squares 1. The product of two such columns, summed, is
 * Spearman's rank correlation (scipy's `spearmanr`). Equal values share the mean of their ranks. NaN for a constant column.
 */
export function normalizedRanks(column: Float64Array): Float64Array {
  const ranks = middleShares(distinct(column)).map((share) => share - 0.5)
  const size = Math.sqrt(ranks.reduce((sum, rank) => sum + rank ** 2, 0))
  return ranks.map((rank) => rank / size)
}
