/** One line of `metrics.jsonl` with `kind: "step"`: an optimizer step over one effective batch. */
export interface StepMetrics {
  readonly schema_version: 1
  readonly kind: 'step'
  readonly step: number
  readonly epoch: number
  readonly pairs: number
  readonly objective_loss: number
  /** Mean of -log sigmoid(d), whatever the objective: comparable between objectives. */
  readonly bradley_terry_loss: number
  readonly accuracy: number
  readonly reward_margin_mean: number
  readonly reward_margin_standard_deviation: number
  /** mu of Eq. 5, null where the objective has none. */
  readonly batch_margin: number | null
  readonly share_below_threshold: number | null
  /** Norm of all gradients before clipping. */
  readonly gradient_norm: number
  readonly learning_rate: number
  /** Largest |reward of the pass with gradient - reward of the pass without|, null where only one pass ran. */
  readonly reward_difference: number | null
  readonly tokens: number
  readonly tokens_per_second: number
  readonly pairs_per_second: number
  readonly seconds: number
  /** Peak resident memory of the process so far, bytes. */
  readonly peak_memory: number
}

/** One line of `metrics.jsonl` with `kind: "evaluation"`: the held-out pairs after `step` steps. */
export interface EvaluationMetrics {
  readonly schema_version: 1
  readonly kind: 'evaluation'
  readonly step: number
  readonly pairs: number
  readonly bradley_terry_loss: number
  readonly accuracy: number
  readonly accuracy_low: number
  readonly accuracy_high: number
  readonly reward_margin_mean: number
  readonly reward_margin_standard_deviation: number
  readonly seconds: number
}

/** One line of `metrics.jsonl` with `kind: "hidden_states"`: those of frozen layers, before a run begins or goes on. */
export interface HiddenStateMetrics {
  readonly schema_version: 1
  readonly kind: 'hidden_states'
  /** Steps that had been done. */
  readonly step: number
  /** Seconds to compute those that were not on the disk. */
  readonly seconds: number
}

export type MetricsLine = StepMetrics | EvaluationMetrics | HiddenStateMetrics
