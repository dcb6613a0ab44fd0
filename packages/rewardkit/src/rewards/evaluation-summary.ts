import type { Analysis } from '../analysis/analyse.ts'
import type { CutCounts } from '../tokens/index.ts'

/** A reading option with the value that the model has saved (null where it has none), and the one in its place. */
export interface Overridden {
  readonly saved: string | number | null
  readonly given: string | number
}

/** `summary.json`. */
export interface EvaluationSummary extends Analysis {
  readonly schema_version: 1 | 2
  readonly versions: Readonly<Record<string, string>>
  /** The model; absent where a file of rewards does not say. */
  readonly model?: {
    readonly path: string
    readonly sha256: string
    readonly dtype: string
    readonly pool: string
    /** Reading options that were given in place of those that the model has saved, by their names in rewardkit.json. */
    readonly overridden?: Readonly<Record<string, Overridden>>
    /** The day that the chat template printed, where it asks for the date. */
    readonly template_date?: string
  }
  /** The preference data; absent where a file of rewards does not say. */
  readonly data?: { readonly path: string; readonly sha256: string }
  /** The file of rewards, where the rewards were not computed here. */
  readonly rewards?: { readonly path: string; readonly sha256: string }
  readonly read: number
  readonly dropped: Readonly<Record<string, number>>
  /** Groups that lost tokens. */
  readonly truncated: number
  /** The same by what they lost; absent in what versions before truncation rule 2 wrote. */
  readonly cut?: CutCounts | undefined
}
