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

export interface ErrorDetails {
  /** What to do about it; stands at the end of the message, too. */
  readonly remedy?: string | undefined
  readonly cause?: unknown
}

/** Every error of this library, to tell apart by its `code`. `message` is one line: what is wrong, what was expected, the remedy. */
export class RewardKitError extends Error {
  override name = 'RewardKitError'
  readonly code: ErrorCode
  /** The message without the remedy. */
  readonly problem: string
  /** What to do about it, where there is something to say. */
  readonly remedy: string | undefined

  constructor(code: ErrorCode, problem: string, { remedy, cause }: ErrorDetails = {}) {
    super(remedy === undefined ? problem : `${problem}; ${remedy}`, cause === undefined ? undefined : { cause })
    this.code = code
    this.problem = problem
    this.remedy = remedy
  }
}

/** A mistake in what the user gave (a file, a record, an option). The command prints the message alone and exits with 2. */
export class InputError extends RewardKitError {
  override name = 'InputError'

  constructor(problem: string, details?: ErrorDetails) {
    super('invalid-input', problem, details)
  }
}

/** A mistake with the place in front where it was found (a file and line, a pair); the remedy stays the same. */
export const located = (place: string, error: InputError): InputError =>
  new InputError(`${place}: ${error.problem}`, { remedy: error.remedy, cause: error })

/** Something failed that is not the input's fault (a full disk, a numerical failure). Exit code 1, one line. */
export class FailureError extends RewardKitError {
  override name = 'FailureError'

  constructor(problem: string, details?: ErrorDetails) {
    super('failure', problem, details)
  }
}

/** Long work was asked to stop and did, leaving everything that was finished intact. Exit code 130. */
export class Interrupted extends RewardKitError {
  override name = 'Interrupted'

  constructor(problem: string, details?: ErrorDetails) {
    super('interrupted', problem, details)
  }
}
