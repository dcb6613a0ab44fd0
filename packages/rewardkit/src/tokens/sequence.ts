import type { Cut } from './truncate.ts'

/**
 * One group as token ids, ready for the model: a shared prefix and one branch for each response. The full sequence of
 * response k is `prefix` followed by `branches[k]`; every branch has at least one token. Its last token is the pooled
 * one. Identical sequences of a group share a branch: `branchOf[k]` is the branch of response k.
 */
export interface TokenGroup {
  readonly prefix: Int32Array
  readonly branches: readonly Int32Array[]
  readonly branchOf: readonly number[]
  /** For each branch, where the response begins in its sequence; absent unless it was asked for. */
  readonly starts?: readonly number[]
  /** True where truncation removed tokens from this group. */
  readonly truncated: boolean
  /** What it took, where it removed any. */
  readonly cut?: Cut
}

/**
 * Many groups in one row without padding: for each group its prefix, then its branches, one after the other.
 * T is the number of tokens.
 */
export interface PackedBatch {
  /** Token ids, [T]. */
  readonly ids: BigInt64Array
  /** Position of each token within its own sequence (branches continue after their prefix), [T]. */
  readonly positions: BigInt64Array
  readonly groups: readonly PackedGroup[]
}

/** The place of one group in the row. */
export interface PackedGroup {
  /** Offset of the prefix in the row. */
  readonly start: number
  readonly prefixLength: number
  /** Length of each branch, in their order after the prefix. */
  readonly branchLengths: readonly number[]
  /** For each response: the row index of its pooled token. */
  readonly pooled: readonly number[]
}
