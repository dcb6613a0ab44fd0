import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'

/**
 * How many rows each part of a mixture gives. Without weights, all that its cap allows; with weights, rows in these
 * proportions: `total` of them, or as many as the smallest part allows.
 * @param sizes rows that each part has
 * @throws InputError where only some parts have a weight, or a part has fewer rows than its share of `total`
 */
export function shares(
  sizes: readonly number[],
  parts: readonly { readonly name: string; readonly weight?: number | undefined; readonly cap?: number | undefined }[],
  total: number | undefined,
): number[] {
  const available = sizes.map((size, index) => Math.min(size, at(parts, index).cap ?? Infinity))
  const weights = parts.map(({ weight }) => weight)
  const given = weights.filter((weight) => weight !== undefined)
  if (given.length > 0 && given.length < parts.length) {
    const without = parts.find(({ weight }) => weight === undefined)
    throw new InputError(`mixture: ${without?.name} has no weight while others have one`, {
      remedy: 'give all parts a weight, or none',
    })
  }
  if (given.length === 0) {
    if (total === undefined) return available
    // Without weights a total takes of each part in proportion to what it has.
    return shares(
      sizes,
      parts.map((part, index) => ({ ...part, weight: at(available, index) })),
      total,
    )
  }
  const sum = given.reduce((all, weight) => all + weight, 0)
  const most = Math.min(
    ...available.map((rows, index) => (at(given, index) === 0 ? Infinity : (rows * sum) / at(given, index))),
  )
  const wanted = total ?? Math.floor(most + 1e-9)
  const exact = given.map((weight) => (wanted * weight) / sum)
  const counts = rounded(exact)
  counts.forEach((rows, index) => {
    const has = at(sizes, index)
    const allowed = at(available, index)
    if (rows <= allowed) return
    const isCapped = allowed < has
    const limit = isCapped
      ? `may give ${allowed} of its ${counted(has, 'row')} by its cap`
      : `has ${counted(has, 'row')}`
    throw new InputError(`mixture: ${at(parts, index).name} ${limit}, but its weight asks for ${rows} of ${wanted}`, {
      remedy: `lower total to ${Math.floor(most)} or its weight${isCapped ? ', or raise the cap' : ''}`,
    })
  })
  return counts
}

/** This many rows in all if there are more, from each part in proportion to its rows. */
export function limited(taken: readonly number[], limit = Infinity): number[] {
  const sum = taken.reduce((all, rows) => all + rows, 0)
  return sum <= limit ? [...taken] : rounded(taken.map((rows) => (rows * limit) / sum))
}

/** Whole numbers with the same sum: the largest remainders are rounded up (of equal ones the first). */
function rounded(exact: readonly number[]): number[] {
  const counts = exact.map(Math.floor)
  const sum = Math.round(exact.reduce((all, value) => all + value, 0))
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .toSorted((a, b) => b.remainder - a.remainder || a.index - b.index)
  const missing = sum - counts.reduce((all, value) => all + value, 0)
  for (const { index } of byRemainder.slice(0, missing)) counts[index] = at(counts, index) + 1
  return counts
}
