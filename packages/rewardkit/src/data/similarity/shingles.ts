import { uint32At } from '../../at.ts'
import { normalisedText } from './texts.ts'

/** Words of a shingle. */
const shingleWords = 4

/** A letter of a script that is written without blanks counts as a word. */
const word =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]+/gu

/**
 * The set of runs of four words of a text (after `normalisedText`) as sorted 32-bit hashes; a shorter text is one run.
 * Empty for a text without letters and digits.
 */
export function shinglesOf(text: string): Uint32Array {
  const words = normalisedText(text).match(word)
  if (!words) return new Uint32Array()
  const hashes = new Uint32Array(words.map(hashOf))
  const count = Math.max(1, hashes.length - shingleWords + 1)
  const shingles = new Uint32Array(count)
  for (let start = 0; start < count; start++) {
    let hash = 0
    for (let k = start; k < Math.min(start + shingleWords, hashes.length); k++)
      hash = mixed(Math.imul(hash, 31) + uint32At(hashes, k))
    shingles[start] = hash
  }
  return unique(shingles.sort())
}

/** Size of the intersection over size of the union of two sorted sets; 0 for two empty ones. */
export function jaccard(first: Uint32Array, second: Uint32Array): number {
  let common = 0
  let i = 0
  let j = 0
  while (i < first.length && j < second.length) {
    const difference = uint32At(first, i) - uint32At(second, j)
    if (difference === 0) common += 1
    if (difference <= 0) i += 1
    if (difference >= 0) j += 1
  }
  const union = first.length + second.length - common
  return union === 0 ? 0 : common / union
}

function unique(sorted: Uint32Array): Uint32Array {
  let length = 0
  for (let k = 0; k < sorted.length; k++)
    if (k === 0 || sorted[k] !== sorted[k - 1]) sorted[length++] = uint32At(sorted, k)
  return sorted.slice(0, length)
}

/** FNV-1a over UTF-16 units. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let k = 0; k < text.length; k++) hash = Math.imul(hash ^ text.charCodeAt(k), 0x01000193)
  return hash >>> 0
}

/** A bijection of 32-bit integers that spreads every bit (the finalizer of MurmurHash3). */
export function mixed(value: number): number {
  let hash = value
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
