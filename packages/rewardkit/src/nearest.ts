import { closest, distance } from 'fastest-levenshtein'

/**
 * The name that `word` was probably meant to be: at most a third of its letters differ, or two changed places.
 * Undefined if none is near.
 */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined
  const name = closest(word, names)
  const letters = distance(word, name)
  const isSwapped = letters === 2 && sorted(word) === sorted(name)
  return isSwapped || letters <= Math.max(1, Math.floor(word.length / 3)) ? name : undefined
}

const sorted = (word: string): string => Array.from(word).toSorted().join('')
