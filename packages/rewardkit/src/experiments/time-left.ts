import type { Cell } from './cells.ts'

/**
 * Estimates the seconds that cells will take, from cells that were measured. A cell counts like those of its model and
 * data, or else of its model; a model that was never measured counts like all others. Null before the first measurement.
 */
export function timeLeft(
  measured: readonly { readonly cell: Cell; readonly seconds: number }[],
  left: readonly Cell[],
): number | null {
  if (measured.length === 0) return null
  return left.reduce((sum, cell) => {
    const ofModel = measured.filter((other) => other.cell.model.name === cell.model.name)
    const ofBoth = ofModel.filter((other) => other.cell.data.name === cell.data.name)
    const [like = measured] = [ofBoth, ofModel].filter((found) => found.length > 0)
    return sum + like.reduce((all, { seconds }) => all + seconds, 0) / like.length
  }, 0)
}
