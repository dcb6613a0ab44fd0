import { at } from '../at.ts'

/** Numbers names in the order in which they first appear. */
export function createNames(): { readonly names: string[]; numberOf(name: string): number } {
  const names: string[] = []
  const numbers = new Map<string, number>()
  return {
    names,
    numberOf(name) {
      const known = numbers.get(name)
      if (known !== undefined) return known
      numbers.set(name, names.length)
      return names.push(name) - 1
    },
  }
}

/** A column of numbers that grows at its end. */
export function createColumn(): { push(value: number): void; values(): Float64Array } {
  let buffer = new Float64Array(1024)
  let length = 0
  return {
    push(value) {
      if (length === buffer.length) {
        const larger = new Float64Array(2 * length)
        larger.set(buffer)
        buffer = larger
      }
      buffer[length++] = value
    },
    values: () => buffer.slice(0, length),
  }
}

/** Indices into names, for some pairs: the names that they have, numbered anew, and the index of each. -1 stays. */
export function renumber(
  of: Int32Array,
  names: readonly string[],
  pairs: Int32Array,
): { readonly of: Int32Array; readonly names: string[] } {
  const kept: string[] = []
  const numbers = new Map<number, number>([[-1, -1]])
  const renumbered = pairs.map((pair) => {
    const old = at(of, pair)
    const known = numbers.get(old)
    if (known !== undefined) return known
    numbers.set(old, kept.length)
    return kept.push(at(names, old)) - 1
  })
  return { of: renumbered, names: kept }
}
