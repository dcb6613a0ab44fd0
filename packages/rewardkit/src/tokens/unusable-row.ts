import { InputError } from '../errors.ts'
import type { Phrase } from '../phrase.ts'

/** Reasons, under the names that are counted, why a model cannot use a single row that was read without error. */
export type UnusableReason = 'refused_by_template' | 'special_token' | 'unknown_token' | 'no_tokens'

/** A row that this model cannot read, while it may read all others: with `onError: 'skip'` it is left out. */
export class UnusableRow extends InputError {
  readonly reason: UnusableReason

  constructor(reason: UnusableReason, problem: string | Phrase, details?: ConstructorParameters<typeof InputError>[1]) {
    super(problem, details)
    this.reason = reason
  }
}
