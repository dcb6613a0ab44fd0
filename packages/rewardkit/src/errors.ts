import { asPhrase, inProgramWords, type Phrase, phrase } from './phrase.ts'

/** What kind of failure an error is; kept from now on. */
export type ErrorCode =
  /** A mistake in what was given: an option, a file, a row. */
  | 'invalid-input'
  /** Something failed that is not the input's fault: a full disk, numbers that are not finite. */
  | 'failure'
  /** Stopped on request: an AbortSignal, or a signal of the system. What was finished is intact. */
  | 'interrupted'
  /** The model was closed before the answer came. */
  | 'closed'
  /** libtorch or the addon is missing and could not be set up. */
  | 'set-up'
  /** A mistake of ours: please report it. */
  | 'unexpected'

/** What an error is about, where other code acts on it: nothing has to read the message. Plain data: it crosses threads. */
export type ErrorSubject =
  /** A place that cannot be written, and why. */
  | { readonly kind: 'unwritable'; readonly path: string; readonly reason: string }
  /** A name that is nothing on this disk. */
  | { readonly kind: 'missing-file' }
  /** A column or path that a row does not have. */
  | { readonly kind: 'missing-column' }
  /** A value that is not a number, or is one outside its range. */
  | { readonly kind: 'number' }

export interface ErrorDetails {
  /** What to do about it. It also ends the message. */
  readonly remedy?: string | Phrase | undefined
  readonly cause?: unknown
  readonly about?: ErrorSubject | undefined
}

/** An error in two phrases. */
export interface ErrorPhrases {
  readonly problem: Phrase
  readonly remedy: Phrase | undefined
}

/** The problem, and the remedy after it. */
export const wholePhrase = ({ problem, remedy }: ErrorPhrases): Phrase =>
  remedy === undefined ? problem : phrase`${problem}; ${remedy}`

/**
 * Every error of this library, to tell apart by its `code`. `message` is one line: what is wrong, what was expected, the
 * remedy. It names options as a program does: `maxLength: 512`.
 */
export class RewardKitError extends Error {
  override name = 'RewardKitError'
  readonly code: ErrorCode
  /** The message without the remedy. */
  readonly problem: string
  /** What to do about it, where there is something to say. */
  readonly remedy: string | undefined
  /** Problem and remedy with their options as data: what errors are made of, and front ends write in their own words. */
  readonly phrases: ErrorPhrases
  /** What the error is about, where other code acts on it. */
  readonly about: ErrorSubject | undefined

  constructor(code: ErrorCode, problem: string | Phrase, { remedy, cause, about }: ErrorDetails = {}) {
    const phrases: ErrorPhrases = {
      problem: asPhrase(problem),
      remedy: remedy === undefined ? undefined : asPhrase(remedy),
    }
    super(inProgramWords(wholePhrase(phrases)), cause === undefined ? undefined : { cause })
    this.code = code
    this.problem = inProgramWords(phrases.problem)
    this.remedy = phrases.remedy && inProgramWords(phrases.remedy)
    this.phrases = phrases
    this.about = about
  }
}

/** A mistake in what the user gave (a file, a record, an option). The command prints the message alone and exits with 2. */
export class InputError extends RewardKitError {
  override name = 'InputError'

  constructor(problem: string | Phrase, details?: ErrorDetails) {
    super('invalid-input', problem, details)
  }
}

/** A mistake with the place in front where it was found (a file and line, a pair); the rest stays the same. */
export const located = (place: string | Phrase, error: InputError): InputError =>
  new InputError(phrase`${place}: ${error.phrases.problem}`, {
    remedy: error.phrases.remedy,
    cause: error,
    about: error.about,
  })

/** Something failed that is not the input's fault (a full disk, a numerical failure). Exit code 1, one line. */
export class FailureError extends RewardKitError {
  override name = 'FailureError'

  constructor(problem: string | Phrase, details?: ErrorDetails) {
    super('failure', problem, details)
  }
}

/** Long work was asked to stop and did, leaving everything that was finished intact. Exit code 130. */
export class Interrupted extends RewardKitError {
  override name = 'Interrupted'

  constructor(problem: string | Phrase, details?: ErrorDetails) {
    super('interrupted', problem, details)
  }
}
