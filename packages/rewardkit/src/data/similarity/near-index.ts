import { closeSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomUUID } from 'node:crypto'
import { at, uint32At } from '../../at.ts'
import { writeError } from '../../files.ts'
import { type Bands, bandKeys, bandsFor, signatureOf } from './min-hash.ts'
import { jaccard, shinglesOf } from './shingles.ts'

/** A text that was found to be similar, by its number in the index. */
export interface NearMatch {
  readonly number: number
  /** Jaccard similarity of the two sets of four-word runs. */
  readonly similarity: number
}

/** Finds texts that are similar to known ones. */
export interface NearIndex {
  /** The known text that is most similar, if one reaches the threshold. */
  nearest(text: string): NearMatch | undefined
  /** Makes a text known and returns its number, from 0. */
  add(text: string): number
  /** Texts for which not all candidates were compared, since too many share a passage with them. */
  readonly cut: number
  close(): void
}

/**
 * At most this many of the latest texts with the same band are counted, and at most this many of those that share most
 * bands are compared. So a passage that all texts share does not compare each with each.
 */
const mostOfBand = 40
const mostCompared = 20

/**
 * An index over texts. MinHash finds the candidates, and their similarity is then computed exactly, from sets of
 * shingles in a temporary file. Memory is about 12 bytes for each text and band.
 * @param threshold the least similarity, above 0 and at most 1; of pairs that just reach it 99 % are found, of more
 * similar ones more
 * @throws InputError or FailureError where the folder for temporary files cannot be written or is full
 */
export function createNearIndex(threshold: number): NearIndex {
  const bands = bandsFor(threshold)
  const sets = createSetFile()
  const tables = createBandTables(bands)
  let cut = 0
  let last: { text: string; shingles: Uint32Array; keys: Uint32Array } | undefined

  const described = (text: string) => {
    if (last?.text === text) return last
    const shingles = shinglesOf(text)
    const keys = shingles.length === 0 ? new Uint32Array() : bandKeys(signatureOf(shingles), bands)
    last = { text, shingles, keys }
    return last
  }

  /** The texts that share bands with one, those that share most first. */
  const candidates = (keys: Uint32Array): { numbers: number[]; isCut: boolean } => {
    const shared = new Map<number, number>()
    let isCut = false
    for (const [band, key] of keys.entries()) {
      let found = 0
      for (const number of tables.withKey(band, key)) {
        if (++found > mostOfBand) {
          isCut = true
          break
        }
        shared.set(number, (shared.get(number) ?? 0) + 1)
      }
    }
    const numbers = [...shared].toSorted(([a, m], [b, n]) => n - m || a - b).map(([number]) => number)
    return { numbers: numbers.slice(0, mostCompared), isCut: isCut || numbers.length > mostCompared }
  }

  return {
    get cut() {
      return cut
    },
    nearest(text) {
      const { shingles, keys } = described(text)
      const { numbers, isCut } = candidates(keys)
      if (isCut) cut += 1
      let best: NearMatch | undefined
      for (const number of numbers) {
        const other = sets.read(number, shingles.length, threshold)
        const similarity = other ? jaccard(shingles, other) : 0
        if (similarity >= threshold && similarity > (best?.similarity ?? 0)) best = { number, similarity }
        if (similarity === 1) break
      }
      return best
    },
    add(text) {
      const { shingles, keys } = described(text)
      const number = sets.add(shingles)
      tables.add(number, keys)
      return number
    },
    close: () => sets.close(),
  }
}

/** For each band a hash table with chains: from a key to the numbers of the texts that have it, the latest first. */
function createBandTables({ count }: Bands) {
  let capacity = 1024
  let keys = newArrays()
  let next = newArrays()
  let heads = newArrays()
  let size = 0

  function newArrays(): Uint32Array[] {
    return Array.from({ length: count }, () => new Uint32Array(capacity))
  }
  /** Numbers plus 1; 0 ends a chain. */
  const link = (band: number, number: number) => {
    const head = at(heads, band)
    const slot = uint32At(at(keys, band), number) & (capacity - 1)
    at(next, band)[number] = uint32At(head, slot)
    head[slot] = number + 1
  }
  const grow = () => {
    capacity *= 2
    const old = keys
    keys = newArrays()
    next = newArrays()
    heads = newArrays()
    for (let band = 0; band < count; band++) {
      at(keys, band).set(at(old, band))
      for (let number = 0; number < size; number++) link(band, number)
    }
  }

  return {
    *withKey(band: number, key: number): Generator<number> {
      const [known, chain] = [at(keys, band), at(next, band)]
      let number = uint32At(at(heads, band), key & (capacity - 1)) - 1
      while (number >= 0) {
        if (known[number] === key) yield number
        number = uint32At(chain, number) - 1
      }
    },
    /** A text without keys takes its number and is found by none. */
    add(number: number, ownKeys: Uint32Array) {
      if (number >= capacity) grow()
      size = number + 1
      for (const [band, key] of ownKeys.entries()) {
        at(keys, band)[number] = key
        link(band, number)
      }
    },
  }
}

function createdFile(path: string): number {
  try {
    return openSync(path, 'wx+')
  } catch (error) {
    throw writeError(path, error)
  }
}

/** Sets of 32-bit numbers in a temporary file that has no name any more; offset and length of each are in memory. */
function createSetFile() {
  const path = join(tmpdir(), `rewardkit-shingles-${randomUUID()}`)
  const file = createdFile(path)
  rmSync(path)
  let offsets = new Float64Array(1024)
  let size = 0
  let end = 0
  const piece = 1 << 20
  let waiting: Uint8Array[] = []
  let waitingFrom = 0

  const flush = () => {
    try {
      writeFileSync(file, Buffer.concat(waiting))
    } catch (error) {
      throw writeError(path, error)
    }
    waitingFrom = end
    waiting = []
  }
  return {
    add(set: Uint32Array): number {
      if (size + 1 >= offsets.length) {
        const larger = new Float64Array(2 * offsets.length)
        larger.set(offsets)
        offsets = larger
      }
      offsets[size] = end
      waiting.push(new Uint8Array(set.buffer, set.byteOffset, set.byteLength))
      end += set.byteLength
      size += 1
      offsets[size] = end
      if (end - waitingFrom > piece) flush()
      return size - 1
    },
    /** A set, unless its size alone says that its similarity to one of `length` is below the threshold. */
    read(number: number, length: number, threshold: number): Uint32Array | undefined {
      const start = at(offsets, number)
      const bytes = at(offsets, number + 1) - start
      const ratio = bytes / 4 / length
      if (Math.min(ratio, 1 / ratio) < threshold) return undefined
      if (start + bytes > waitingFrom) flush()
      const set = new Uint32Array(bytes / 4)
      readSync(file, set, 0, bytes, start)
      return set
    },
    close: () => closeSync(file),
  }
}
