import type { ColumnValues } from './column-values.ts'
import { shownValue } from './judgements.ts'
import { plainVerdict } from './verdict-words.ts'
import { type Phrase, phrase, settings } from '../../phrase.ts'

/** Words in names of columns, the likeliest first. */
const promptWords = [
  'prompt',
  'q',
  'question',
  'instruction',
  'query',
  'request',
  'user',
  'customer',
  'input',
  'conversation',
  'messages',
  'message',
  'history',
  'context',
  'dialog',
  'dialogue',
  'ticket',
  'task',
  'post',
  'frage',
]
const answerWords = [
  'response',
  'answer',
  'reply',
  'completion',
  'output',
  'generation',
  'bot',
  'assistant',
  'text',
  'antwort',
]
export const verdictWords = [
  'choice',
  'winner',
  'preference',
  'preferred',
  'verdict',
  'label',
  'better',
  'best',
  'judgement',
  'judgment',
  'vote',
  'selected',
  'selection',
  'decision',
  'pick',
]
export const ratingWords = [
  'rating',
  'stars',
  'star',
  'score',
  'label',
  'thumbs',
  'thumb',
  'feedback',
  'grade',
  'quality',
  'vote',
  'helpful',
  'reward',
  'rank',
]
/** Pairs of words by which columns with the better and the worse answer are told apart. */
const betterWorse = [
  ['good', 'bad'],
  ['better', 'worse'],
  ['best', 'worst'],
  ['preferred', 'rejected'],
  ['accepted', 'rejected'],
  ['chosen', 'rejected'],
  ['winner', 'loser'],
  ['winning', 'losing'],
  ['positive', 'negative'],
  ['pos', 'neg'],
]
/** Rows of words by which columns with several answers are told apart, the first one first. */
const sequences = [
  ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'],
  ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
  ['0', '1', '2', '3', '4', '5', '6', '7', '8'],
  ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'],
  ['one', 'two', 'three', 'four', 'five', 'six'],
  ['left', 'right'],
]

/** `answer_a`, `AnswerA`, `answer1` and `candidates.text` in words. */
export const wordsOf = (path: string): string[] =>
  path
    .replaceAll(/([a-z])([A-Z0-9])/g, '$1 $2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/**
 * Options that read a table with these columns, as far as their names and values tell: `columns`, with `choices` where
 * values need it; undefined where they tell nothing.
 */
export function proposedOptions(columns: readonly ColumnValues[]): Phrase | undefined {
  const isNumber = (path: string) => wordsOf(path).some((word) => rankWord.test(word) || scoreWord.test(word))
  const texts = columns.filter(({ path, kind }) => (kind === 'text' && !isNumber(path)) || kind === 'messages')
  const answers = severalAnswers(columns, texts) ?? listedAnswers(columns) ?? ratedAnswer(columns, texts)
  if (!answers) return undefined
  const verdict = answers.named.some((text) => /^(responses|b)=/.test(text))
    ? verdictColumn(columns, answers)
    : undefined
  if (answers.needsVerdict && !verdict) return undefined
  const others = texts.filter((column) => column !== verdict && !answers.used.includes(column.path))
  const long = others.filter(({ values }) => values.size === 0 || values.size > others.length)
  const prompt = likeliest(others, promptWords) ?? (long.length === 1 ? long[0] : undefined)
  const named = [...(prompt ? [`prompt=${prompt.path}`] : []), ...answers.named]
  if (verdict) named.push(`choice=${verdict.path}`)
  const choices = verdict ? choicesFor(verdict, answers) : answers.rating && ratingChoices(answers.rating)
  if (!choices) return phrase`${settings({ columns: named })}`
  return phrase`${settings({ columns: named, choices: choices.map })}${choices.note}`
}

/** What values mean, with what to add to the proposal. */
interface ProposedChoices {
  readonly map: string
  readonly note: string
}

interface Answers {
  readonly named: readonly string[]
  /** The columns that hold the answers. */
  readonly used: readonly string[]
  /** Whether it takes a column that says which one is better. */
  readonly needsVerdict: boolean
  /** The column with the rating of one answer a row. */
  readonly rating?: ColumnValues
}

/** Answers in columns of their own: the better and the worse one, several with ranks or scores or in order, or a and b. */
function severalAnswers(columns: readonly ColumnValues[], texts: readonly ColumnValues[]): Answers | undefined {
  const paths = texts.map(({ path }) => path)
  const decided = longest(betterWorse.map((words) => alike(paths, words)))
  const found = longest(sequences.map((words) => alike(paths, words)))
  if (decided && (found?.length ?? 0) < 3) {
    const [chosen = '', rejected = ''] = decided
    return { named: [`chosen=${chosen}`, `rejected=${rejected}`], used: decided, needsVerdict: false }
  }
  if (!found) return undefined
  const numbers = numbersBeside(columns, found.length)
  if (numbers) return { named: [`responses=${found.join(',')}`, numbers], used: found, needsVerdict: false }
  if (found.length > 2) return { named: [`responses=${found.join(',')}`], used: found, needsVerdict: false }
  return { named: found.map((path, index) => `${index === 0 ? 'a' : 'b'}=${path}`), used: found, needsVerdict: true }
}

/** `ranks=` or `scores=` with as many columns of numbers whose names say what they are. */
function numbersBeside(columns: readonly ColumnValues[], count: number): string | undefined {
  for (const [name, pattern] of [
    ['ranks', rankWord],
    ['scores', scoreWord],
  ] as const) {
    const named = columns.filter(({ path }) => wordsOf(path).some((word) => pattern.test(word))).map(({ path }) => path)
    const run = longest(sequences.map((words) => alike(named, words)))
    if (run?.length === count) return `${name}=${run.join(',')}`
    const [list] = named.filter((path) => columns.some((column) => column.path === path && isListOfNumbers(column)))
    if (list !== undefined) return `${name}=${list}`
  }
  return undefined
}

/** A list, or a text such as `2, 1, 3`. */
const isListOfNumbers = ({ kind, values }: ColumnValues): boolean =>
  kind === 'numbers' || (kind === 'text' && values.size > 0 && [...values.keys()].every((key) => numberList.test(key)))

const numberList = /^(?:null|[[(]?[-+]?[\d.]+(?:\s*[,;| ]\s*[-+]?[\d.]+)+[\])]?)$/
const rankWord = /^(rank|ranking|place|position|order)/
const isRankColumn = (path: string): boolean => wordsOf(path).some((word) => rankWord.test(word))
const scoreWord = /^(score|rating|reward|grade|points|stars)/

function longest(runs: readonly (readonly string[])[]): readonly string[] | undefined {
  const [found = []] = runs.toSorted((one, other) => other.length - one.length)
  return found.length > 1 ? found : undefined
}

/** Columns whose names differ in one word only, which is in turn each of these, from the first on. */
function alike(paths: readonly string[], words: readonly string[]): string[] {
  for (const path of paths) {
    const own = wordsOf(path)
    for (const [at, word] of own.entries()) {
      if (word !== words[0]) continue
      const pattern = (other: string) => own.with(at, other).join(' ')
      const found = words.map((other) => paths.find((candidate) => wordsOf(candidate).join(' ') === pattern(other)))
      const end = found.indexOf(undefined)
      const run = (end === -1 ? found : found.slice(0, end)).filter((one) => one !== undefined)
      if (run.length > 1) return run
    }
  }
  return []
}

/** Answers in a list, with ranks or scores in another one, or with a verdict. */
function listedAnswers(columns: readonly ColumnValues[]): Answers | undefined {
  const list = columns.find(({ kind }) => kind === 'answers')
  if (!list) return undefined
  const numbers = columns.filter(({ kind }) => kind === 'numbers')
  const found = numbers.find(({ path }) => wordsOf(path).some((word) => rankWord.test(word) || scoreWord.test(word)))
  if (!found) return { named: [`responses=${list.path}`], used: [list.path], needsVerdict: true }
  const isRank = wordsOf(found.path).some((word) => rankWord.test(word))
  return {
    named: [`responses=${list.path}`, `${isRank ? 'ranks' : 'scores'}=${found.path}`],
    used: [list.path, found.path],
    needsVerdict: false,
  }
}

/** One answer a row, with a rating. */
function ratedAnswer(columns: readonly ColumnValues[], texts: readonly ColumnValues[]): Answers | undefined {
  const rating = likeliest(
    columns.filter(({ kind, values }) => kind === 'scalar' || (kind === 'text' && values.size > 0)),
    ratingWords,
  )
  const response = likeliest(
    texts.filter((column) => column !== rating),
    answerWords,
  )
  // Without a list of its values, a column of ranks cannot be turned round.
  if (!rating || !response || (isRankColumn(rating.path) && rating.values.size === 0)) return undefined
  return {
    named: [`response=${response.path}`, `rating=${rating.path}`],
    used: [response.path, rating.path],
    needsVerdict: false,
    rating,
  }
}

/** Choices that turn ranks around, since rank 1 is the best; other ratings need none. */
function ratingChoices({ path, values }: ColumnValues): ProposedChoices | undefined {
  if (!isRankColumn(path)) return undefined
  const texts = [...values].map(([key, value]) => `${shownValue(value)}=${/^\d+$/.test(key) ? -Number(key) : 'drop'}`)
  return { map: texts.join(', '), note: ' where rank 1 is the best' }
}

function verdictColumn(columns: readonly ColumnValues[], { used, named }: Answers): ColumnValues | undefined {
  if (named.some((text) => /^(ranks|scores)=/.test(text))) return undefined
  const candidates = columns.filter(
    ({ path, kind, values }) => !used.includes(path) && (kind === 'scalar' || kind === 'text') && values.size > 0,
  )
  return likeliest(candidates, verdictWords)
}

/** The column with the likeliest word in its name; of several, the one with the fewest other words. */
function likeliest(columns: readonly ColumnValues[], words: readonly string[]): ColumnValues | undefined {
  const ranked = columns.flatMap((column) => {
    const own = wordsOf(column.path)
    const places = words.flatMap((word, place) => (own.includes(word) || own.includes(`${word}s`) ? [place] : []))
    return places.length === 0 ? [] : [{ column, place: Math.min(...places), length: own.length }]
  })
  return ranked.toSorted((one, other) => one.place - other.place || one.length - other.length)[0]?.column
}

const weak = /\b(slightly|a bit|a little|somewhat|marginally)\b/
const strong = /\b(much|a lot|significantly|far|strongly|considerably|clearly)\b/

/** Choices where a verdict has values that are not understood, or words of strength; undefined where it needs none. */
function choicesFor({ values, path }: ColumnValues, { used, named }: Answers): ProposedChoices | undefined {
  const isPair = named.some((text) => text.startsWith('a='))
  if (!isPair) return undefined
  const names = used.map((one) => one.toLowerCase())
  const all = [...values].map(([key, value]) => {
    // 0, 1 and 2 may be tie, a and b, or a, b and tie.
    const verdict = values.has('0') && /^\d/.test(key) ? undefined : plainVerdict(key, names)
    if (!verdict) return { key, value, meaning: undefined }
    if (verdict.kind !== 'better') return { key, value, meaning: verdict.kind === 'tie' ? 'tie' : 'drop' }
    const side = verdict.index === 0 ? 'a' : 'b'
    return { key, value, meaning: side, strength: weak.test(key) ? 1 : strong.test(key) ? 3 : 2 }
  })
  const isGraded =
    new Set(all.flatMap(({ strength }) => strength ?? [])).size > 1 || all.some(({ strength = 2 }) => strength !== 2)
  const isUnknown = all.some(({ meaning }) => meaning === undefined)
  if (!isGraded && !isUnknown) return undefined
  const guess = (key: string) => ({ '0': 'a', '1': 'b', false: 'a', true: 'b' })[key] ?? 'drop'
  const isNumbered = isUnknown && all.every(({ key }) => ['0', '1', 'false', 'true', 'null'].includes(key))
  const texts = all.map(({ key, value, meaning, strength }) => {
    if (isNumbered && key !== 'null') return `${shownValue(value)}=${guess(key)}`
    if (meaning === undefined) return `${shownValue(value)}=drop`
    return `${shownValue(value)}=${meaning}${isGraded && strength !== undefined ? `:${strength}` : ''}`
  })
  const doubt = isNumbered
    ? ` (or the other way around: ${path} does not say)`
    : isUnknown
      ? ', with the meaning of each value instead of drop'
      : ''
  return { map: texts.join(', '), note: doubt }
}
