/**
 * The words of a text in small letters: runs of letters, marks and digits, with an apostrophe inside (don't). Every other
 * character that can be seen is a word, too, and so is a line break: lists and questions tell responses apart. Some
 * scripts are written without spaces (Chinese, Japanese kana, Thai, Lao, Khmer, Burmese). Each of their characters is a
 * word, so that two of them make a bigram.
 */
export function wordsOf(text: string): readonly string[] {
  return text.normalize('NFC').toLowerCase().match(word) ?? []
}

const unspaced = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => String.raw`\p{Script=${script}}`)
  .join('')
const letter = String.raw`[[\p{L}\p{N}]--[${unspaced}]]\p{M}*`
const word = new RegExp(String.raw`(?:${letter})+(?:['’](?:${letter})+)*|\n+|[^\s\p{Cc}\p{Cf}\p{M}]\p{M}*`, 'gv')

/** Features are numbers below this: the hash of a word or of two words that follow each other. */
export const featureCount = 2 ** 22

/**
 * The unigrams and bigrams of a text, hashed, with log(1 + how often each occurs). The log did better than plain counts
 * and than presence in validation (docs/baselines.md).
 */
export function featuresOf(text: string): Map<number, number> {
  const features = new Map<number, number>()
  const count = (hash: number) => {
    const feature = hash % featureCount
    features.set(feature, (features.get(feature) ?? 0) + 1)
  }
  let before: number | null = null
  for (const one of wordsOf(text)) {
    const hash = hashOf(one)
    count(hash)
    if (before !== null) count(mixed(Math.imul(before, 31) ^ hash ^ 0x9e3779b9))
    before = hash
  }
  for (const [feature, times] of features) features.set(feature, Math.log1p(times))
  return features
}

/** FNV-1a over the UTF-16 code units, mixed. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mixed(hash)
}

/** The last steps of MurmurHash3: each bit of the input changes about half of the bits. */
function mixed(value: number): number {
  const first = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return (second ^ (second >>> 16)) >>> 0
}
