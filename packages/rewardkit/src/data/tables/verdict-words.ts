import { at } from '../../at.ts'
/** What a verdict says of two or more answers. */
export type Verdict =
  | { readonly kind: 'better'; readonly index: number; readonly margin?: number }
  | { readonly kind: 'tie' }
  /** No judgement: the row is left out. */
  | { readonly kind: 'none' }

/** What answers are called before or after the word that distinguishes them. */
const noun =
  '(?:answer|response|reply|model|option|assistant|candidate|output|completion|text|choice|system|bot|chatbot|version|generation)'
const strength =
  '(?:(?:very |so )?(?:much|slightly|a bit|a little|a lot|clearly|significantly|somewhat|far|marginally|strongly|moderately|considerably))'
const sides: readonly (readonly string[])[] = [
  ['a', '1', 'one', 'left', 'first', '1st'],
  ['b', '2', 'two', 'right', 'second', '2nd'],
]

/** `a`, `answer a`, `answer_a`, `first answer`, `the left one`, `[[a]]`. */
const sideOf = (words: readonly string[]): string => {
  const word = `(?:${words.join('|')})`
  return `(?:the )?(?:${noun}[ _-]?${word}|${word}(?:[ _-]?(?:${noun}|one|side))?)`
}

const patterns = sides.map((words, index) => {
  const side = sideOf(words)
  const other = sideOf(at(sides, 1 - index))
  const is = '(?: (?:is|was))?'
  const better = '(?:better|best|preferred|the best|the better one|the winner)'
  return new RegExp(
    `^(?:${side}|${side}${is}(?: ${strength})? ${better}(?: (?:than|to|over) ${other})?|${side} (?:wins|won)|` +
      `(?:winner(?: is)?:? )${side}|(?:i )?(?:${strength} )?(?:prefer|prefers|preferred) ${side}|${strength} ${side}|` +
      `${side} ?>+ ?${other}|${other} ?<+ ?${side})$`,
  )
})
const tie =
  /^(?:a )?(?:tie|tied|draw|equal|equally good|equally bad|equal quality|same|the same|about the same|both|both are equal|both good|both bad|bothbad|both are good|both are bad|neither|neither is better|no preference|tie ?\((?:both ?bad|both ?good)\))$/
const hasStrength = new RegExp(`\\b${strength}\\b|>>|<<`)

/** Whether a verdict says how much better an answer is, in words without a known size. */
export const tellsStrength = (key: string): boolean => hasStrength.test(key)

/**
 * The verdict of a value that says it in plain words; undefined where it does not.
 * @param key as `valueKey` gives it
 * @param names what the columns of the two answers are called, as keys
 */
export function plainVerdict(key: string, names: readonly string[] = []): Verdict | undefined {
  if (key === 'null') return { kind: 'none' }
  const named = names.indexOf(key)
  if (named !== -1) return { kind: 'better', index: named }
  const text = key.replaceAll(/["'*.!]|^\[+|\]+$/g, '').trim()
  if (tie.test(text.replaceAll('_', ' '))) return { kind: 'tie' }
  const found = patterns.map((pattern) => pattern.test(text))
  if (found[0] === found[1]) return undefined
  return { kind: 'better', index: found[0] ? 0 : 1 }
}

/**
 * What a meaning in `--choices` says: `a`, `b`, the index of an answer, each with `:STRENGTH` or without, `tie` or `drop`.
 * @returns undefined where it is none of these
 */
export function verdictMeant(meaning: string, isList: boolean): Verdict | undefined {
  if (meaning === 'tie') return { kind: 'tie' }
  if (meaning === 'drop') return { kind: 'none' }
  const [, side = '', strengthText] = /^(a|b|\d+)(?:\s*:\s*(\d+(?:\.\d+)?))?$/.exec(meaning) ?? []
  if (side === '' || (/\d/.test(side) && !isList)) return undefined
  const index = side === 'a' ? 0 : side === 'b' ? 1 : Number(side)
  return { kind: 'better', index, ...(strengthText === undefined ? {} : { margin: Number(strengthText) }) }
}

/** A verdict in the words of `--choices`. */
export function verdictText(verdict: Verdict, isList: boolean): string {
  switch (verdict.kind) {
    case 'tie':
      return 'tie'
    case 'none':
      return 'no verdict'
    case 'better': {
      const side = isList ? `answer ${verdict.index}` : verdict.index === 0 ? 'a' : 'b'
      return verdict.margin === undefined ? side : `${side}:${verdict.margin}`
    }
  }
}
