import { uint32At } from '../../at.ts'
import { mixed } from './shingles.ts'

/** Numbers of a signature. */
export const signatureLength = 128

/**
 * A MinHash signature: two sets agree in each number with a probability equal to their Jaccard similarity. It uses one
 * hash per element (one-permutation hashing, Li et al. 2012). The bins are 1/128 of the hash range each, and an empty
 * bin borrows from one that a hash of its number chooses (optimal densification, Shrivastava 2017).
 * @param shingles not empty
 */
export function signatureOf(shingles: Uint32Array): Uint32Array {
  const empty = 0xffffffff
  const bins = new Uint32Array(signatureLength).fill(empty)
  for (const shingle of shingles) {
    const hash = mixed(shingle ^ 0x9e3779b9)
    const bin = hash >>> 25
    const value = (hash & 0x1ffffff) >>> 0
    if (value < uint32At(bins, bin)) bins[bin] = value
  }
  const signature = bins.slice()
  for (let bin = 0; bin < signatureLength; bin++) {
    let from = bin
    for (let attempt = 1; bins[from] === empty; attempt++) from = mixed(bin * 0x10001 + attempt) % signatureLength
    signature[bin] = uint32At(bins, from)
  }
  return signature
}

/** How a signature is cut into bands: sets that agree in all rows of any band are looked at. */
export interface Bands {
  readonly count: number
  readonly rows: number
}

/**
 * The longest bands with which two sets of exactly the threshold's similarity are looked at with a probability of at
 * least 99 %: 1 - (1 - threshold^rows)^count.
 */
export function bandsFor(threshold: number): Bands {
  let best: Bands = { count: signatureLength, rows: 1 }
  for (let rows = 2; rows <= signatureLength; rows++) {
    const count = Math.floor(signatureLength / rows)
    if (1 - (1 - threshold ** rows) ** count >= 0.99) best = { count, rows }
  }
  return best
}

/** One hash for each band of a signature. */
export function bandKeys(signature: Uint32Array, { count, rows }: Bands): Uint32Array {
  return Uint32Array.from({ length: count }, (_, band) => {
    let key = band + 1
    for (let row = 0; row < rows; row++) key = mixed(Math.imul(key, 31) + uint32At(signature, band * rows + row))
    return key
  })
}
