/** What an objective sees: the whole effective batch, in pair order. All arrays have B entries. */
export interface BatchRewards {
  readonly chosen: Float64Array
  readonly rejected: Float64Array
  /** Annotated margins; present where the objective needs them (`needsMargin`). */
  readonly margin?: Float64Array
  /** Probabilities that the chosen response is better, for `soft-label`. */
  readonly probability?: Float64Array
  /** What each pair counts in the mean of the batch, above 0; 1 for all where absent (`usesWeight`). */
  readonly weight?: Float64Array
}

/** State that lives longer than a batch; plain JSON, saved in checkpoints. */
export interface ObjectiveState {
  readonly runningMean: number | null
  /** Batches so far, where pairs are drawn at random: each batch has a draw of its own. */
  readonly draws?: number | undefined
  /** Of an objective that is not of this library. */
  readonly custom?: unknown
}

/** The loss of the batch, its gradient with respect to every reward, and what is worth logging. */
export interface ObjectiveResult {
  /** Mean loss over the batch (everything included: smoothing, centering). */
  readonly loss: number
  /** d loss / d reward, already divided by B. */
  readonly chosenGradient: Float64Array
  readonly rejectedGradient: Float64Array
  /** mu of Eq. 5 after its options (the mean over pairs of each one's mu where the batch is chunked); null where the objective has none. */
  readonly batchMargin: number | null
  /** Share of pairs with d - mu < 0, to which Eq. 6 applies the margin; null where the objective has no threshold. */
  readonly shareBelowThreshold: number | null
  readonly state: ObjectiveState
}

/** A pure function of the rewards of the whole effective batch and its own state. */
export interface Objective {
  readonly name: string
  /** True where each pair's loss depends on that pair alone, so that no pass over the other micro-batches is needed. */
  readonly separable: boolean
  readonly needsMargin: boolean
  /** The least annotated margin that it can use; absent where every margin will do. */
  readonly leastMargin?: number
  readonly needsProbability: boolean
  /** True where the mean over the batch is one by the pairs' weights. */
  readonly usesWeight: boolean
  readonly initialState: ObjectiveState
  evaluate(rewards: BatchRewards, state: ObjectiveState): ObjectiveResult
}
