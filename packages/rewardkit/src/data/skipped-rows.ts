import { counted } from '../counted.ts'
import { type ErrorPhrases, type InputError, wholePhrase } from '../errors.ts'
import { type Hooks, warning } from '../events.ts'
import { inProgramWords, joinPhrases, type Phrase, phrase, settings } from '../phrase.ts'

/** Rows that were left out because something is wrong with them: how many, and the first of them. */
export interface SkippedRows {
  readonly count: number
  /** File, line and what is wrong, for the first few. */
  readonly first: readonly ErrorPhrases[]
}

/** Rows that are listed. */
const mostListed = 5

/** The same while rows are read. Plain data: a step's result goes from thread to thread. */
export interface SkippedTally extends SkippedRows {
  count: number
  readonly first: ErrorPhrases[]
}

export const createSkippedRows = (): SkippedTally => ({ count: 0, first: [] })

/** @param error file, line and what is wrong with a row that was skipped; nothing is counted without it */
export function countSkipped(skipped: SkippedTally, error: InputError | undefined): void {
  if (error === undefined) return
  skipped.count += 1
  if (skipped.count <= mostListed) skipped.first.push(error.phrases)
}

/** The same for a file: what is wrong with the first few, without what to do about it. */
export const skippedRecord = ({ count, first }: SkippedRows): { readonly count: number; readonly first: string[] } => ({
  count,
  first: first.map(({ problem }) => inProgramWords(problem)),
})

/** What to say of rows that were skipped, the first of them in lines of their own; undefined where there are none. */
export function skippedMessage({ count, first }: SkippedRows): Phrase | undefined {
  if (count === 0) return undefined
  const more = count - first.length
  const lines = [...first.map(wholePhrase), ...(more > 0 ? [`and ${more.toLocaleString('en-US')} more`] : [])]
  return phrase`${counted(count, 'row')} ${count === 1 ? 'was' : 'were'} skipped (${settings({ onError: 'skip' })}):\n  ${joinPhrases(lines, '\n  ')}`
}

/** Warns of rows that were skipped, if there are any. `name` is where they came from. */
export function reportSkipped(name: string, skipped: SkippedRows, hooks: Hooks): void {
  const message = skippedMessage(skipped)
  if (message !== undefined) hooks.onEvent(warning(phrase`${name}: ${message}`))
}
