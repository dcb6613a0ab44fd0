import { asPhrase, inProgramWords, type Phrase, phrase } from './phrase.ts'
import type { EvaluationMetrics, StepMetrics } from './run-metrics.ts'

/** A line for the user. */
export interface Notice {
  readonly kind: 'log' | 'warning'
  /** Names options as a program does: `maxLength: 512`. */
  readonly message: string
  /** The same with its options as data, for a front end to write in its own words. */
  readonly phrase: Phrase
}

export const logLine = (words: string | Phrase): Notice => notice('log', words)

export const warning = (words: string | Phrase): Notice => notice('warning', words)

export const notice = (kind: Notice['kind'], words: string | Phrase): Notice => ({
  kind,
  message: inProgramWords(words),
  phrase: asPhrase(words),
})

/** The same with the place in front that it is about. */
export const noticeAt = (place: string, { kind, phrase: words }: Notice): Notice =>
  notice(kind, phrase`${place}: ${words}`)

/** Something worth telling while a long piece of work runs. Plain data: it crosses the border between threads. */
export type Event =
  | Notice
  /** An optimizer step has ended; `totalSteps` is the length of the whole run. */
  | { readonly kind: 'step'; readonly metrics: StepMetrics; readonly totalSteps: number }
  /** The held-out pairs have been evaluated during training. */
  | { readonly kind: 'evaluation'; readonly metrics: EvaluationMetrics }
  /** `done` of `total` `unit`s (a plural, such as "pairs") of what `label` names are finished; Infinity where nobody knows. */
  | {
      readonly kind: 'progress'
      readonly label: string
      readonly done: number
      readonly total: number
      readonly unit: string
      /** Where the sender knows more of it than the pace so far. */
      readonly secondsLeft?: number
    }

/** What a long-running library function is given by its caller. */
export interface Hooks {
  onEvent(event: Event): void
  /** Asked between micro-batches; once true, the function discards the unfinished step and returns or throws. */
  shouldStop(): boolean
}

/** Hooks for a caller that wants neither events nor to interrupt. */
export const silentHooks: Hooks = { onEvent: () => {}, shouldStop: () => false }
