import { createRandom } from '../random.ts'

/** N of all items, each set of them equally likely, in the order in which they came. */
export interface Sample<T> {
  /** `make` is called where the item is drawn only. */
  offer(make: () => T): void
  items(): T[]
}

/** A sample in one pass (reservoir sampling, Vitter 1985, algorithm R). Equal seeds draw the same items. */
export function createSample<T>(size: number, seed: number, purpose: string): Sample<T> {
  const random = createRandom(seed, purpose)
  const drawn: { index: number; item: T }[] = []
  let offered = 0
  return {
    offer(make) {
      const index = offered++
      if (size === 0) return
      const slot = index < size ? index : random.integer(index + 1)
      if (slot < size) drawn[slot] = { index, item: make() }
    },
    items: () => drawn.toSorted((a, b) => a.index - b.index).map(({ item }) => item),
  }
}
