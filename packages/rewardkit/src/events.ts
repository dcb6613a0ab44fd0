import type { EvaluationMetrics, StepMetrics } from './train/metrics.ts'

/** Something worth telling while a long piece of work runs. Plain data: it crosses the border between threads. */
export type Event =
  | { readonly kind: 'log'; readonly message: string }
  | { readonly kind: 'warning'; readonly message: string }
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
    }

/** What is told while data are read: how they were read, and what was left out of them. */
export type Told = Extract<Event, { readonly kind: 'log' | 'warning' }>

/** What a long-running library function is given by its caller. */
export interface Hooks {
  onEvent(event: Event): void
  /** Asked between micro-batches; once true, the function discards the unfinished step and returns or throws. */
  shouldStop(): boolean
}

/** Hooks for a caller that wants neither events nor to interrupt. */
export const silentHooks: Hooks = { onEvent: () => {}, shouldStop: () => false }
