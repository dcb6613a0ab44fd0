import type { TextOrMessages } from '../data/index.ts'
import { FailureError, InputError } from '../errors.ts'
import type { RowsQuestion } from '../thread/ask-rows.ts'
import { unlessAborted } from '../thread/abort.ts'

interface CommonFields {
  /** Names the row in messages and in rewards.jsonl; by default its number. */
  readonly id?: string | number | null | undefined
  /** Text, or messages. Absent where the responses are whole texts or conversations. */
  readonly prompt?: TextOrMessages | null | undefined
  /** Evaluations also describe each subset on its own. */
  readonly subset?: string | number | null | undefined
  /** JSON schemas of the tools that the assistant may call, for the chat template. */
  readonly tools?: readonly unknown[] | null | undefined
  /** For the chat template. */
  readonly documents?: readonly unknown[] | null | undefined
  /** Variables of the chat template, such as `enable_thinking`. */
  readonly chat_template_kwargs?: Readonly<Record<string, unknown>> | null | undefined
}

interface Judgement {
  /** How much better the chosen response is. Null, here and below, is the same as absent. */
  readonly margin?: number | null | undefined
  /** What the preference counts, 0 or more. */
  readonly weight?: number | null | undefined
  /** That the chosen response is the better one, 0 to 1; 0.5 is a tie. */
  readonly probability?: number | null | undefined
}

/** Two responses, the better one first. */
export interface PreferencePair extends CommonFields, Judgement {
  readonly chosen: TextOrMessages
  readonly rejected: TextOrMessages
}

/** Any number of responses, and preferences between them by their index. */
export interface PreferenceGroup extends CommonFields {
  readonly responses: readonly TextOrMessages[]
  readonly preferences: readonly (Judgement & { readonly chosen: number; readonly rejected: number })[]
}

/** A row of preference data: what a line of a JSON Lines file may hold (docs/formats.md). Other fields are kept as `meta`. */
export type PreferenceRow = PreferencePair | PreferenceGroup

/** Rows as they come, or a function that opens them. A run that resumes with its spooled rows does not call it. */
export type PreferenceRows =
  | Iterable<PreferenceRow>
  | AsyncIterable<PreferenceRow>
  | (() => Iterable<PreferenceRow> | AsyncIterable<PreferenceRow>)

/** Rows, or the name of a file of them. */
export type PreferenceData = string | PreferenceRows

/** Whether data are rows and not the name of a file. */
export const isRows = (data: unknown): data is PreferenceRows =>
  typeof data === 'function' ||
  (typeof data === 'object' && data !== null && (Symbol.asyncIterator in data || Symbol.iterator in data))

/** Characters that go to the compute thread at a time. */
const pieceLength = 1 << 18

/**
 * Gives the rows as JSON lines, a piece at each call, then null. Stops waiting for a row when `signal` aborts. An
 * iterable that is not read to its end is closed once, so that a generator runs its `finally`.
 * @param name of the option, for messages
 * @returns a function that throws InputError if a value is not a row, FailureError (with the cause) if the iterable
 * throws, and Interrupted after the signal has aborted
 */
export function pieces(
  rows: PreferenceRows,
  name: string,
  signal: AbortSignal | undefined,
): (question: RowsQuestion) => Promise<string | null> {
  let iterator: Iterator<PreferenceRow> | AsyncIterator<PreferenceRow> | undefined
  let count = 0
  let ended = false
  const giveUp = () => {
    if (iterator && !ended) returnOf(iterator)
    ended = true
  }
  const nextPiece = async () => {
    let piece = ''
    while (!ended && piece.length < pieceLength) {
      const source = (iterator ??= openRows(rows, name))
      const next = await unlessAborted(readNext(source, name, count + 1), signal)
      ended = next.done === true
      if (next.done === true) break
      count += 1
      piece += `${lineOf(next.value, `${name}, row ${count}`)}\n`
    }
    if (count === 0) throw new InputError(`${name}: there were no rows`, { remedy: 'give at least one preference' })
    return piece === '' ? null : piece
  }
  return async (question) => {
    try {
      if (question === 'next') return await nextPiece()
    } catch (error) {
      giveUp()
      throw error
    }
    giveUp()
    return null
  }
}

function openRows(rows: PreferenceRows, name: string): Iterator<PreferenceRow> | AsyncIterator<PreferenceRow> {
  try {
    const opened = typeof rows === 'function' ? rows() : rows
    return Symbol.asyncIterator in opened ? opened[Symbol.asyncIterator]() : opened[Symbol.iterator]()
  } catch (error) {
    throw failed(name, 1, error)
  }
}

async function readNext(
  iterator: Iterator<PreferenceRow> | AsyncIterator<PreferenceRow>,
  name: string,
  row: number,
): Promise<IteratorResult<PreferenceRow, unknown>> {
  try {
    return await iterator.next()
  } catch (error) {
    throw failed(name, row, error)
  }
}

function failed(name: string, row: number, cause: unknown): FailureError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new FailureError(`${name}: the iterable failed at row ${row}: ${message}`, { cause })
}

/** Lets a generator run its `finally`; nobody waits for it. */
function returnOf(iterator: Iterator<unknown> | AsyncIterator<unknown>): void {
  void (async () => iterator.return?.())().catch(() => {})
}

/** A value that JSON cannot express is sent as text, which the reader refuses with the name of the field. */
function lineOf(row: PreferenceRow, label: string): string {
  if (typeof row !== 'object' || row === null)
    throw new InputError(
      `${label}: found ${row === null ? 'null' : typeof row}, expected an object with a chosen and a rejected response`,
    )
  try {
    return JSON.stringify(row, (_, value: unknown) => {
      if (typeof value === 'bigint') return String(value)
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
    })
  } catch (error) {
    const message = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new InputError(`${label}: it cannot be written as JSON (${message})`, { cause: error })
  }
}
