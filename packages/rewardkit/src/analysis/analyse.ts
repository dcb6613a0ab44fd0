import type { PairSummary } from '../statistics/types.ts'
import { summarizePairs, summarizeSubsets } from './pair-summary.ts'
import type { RewardTable } from './reward-table.ts'

/** What is known beside the rewards; all of it is optional. */
export interface AnalysisContext {
  /** The temperature of the model's calibration.json. */
  readonly temperature?: number
}

/** What the rewards of pairs show: of all pairs, of each subset, and one block for each question. */
export interface Analysis extends PairSummary {
  readonly subsets: Readonly<Record<string, PairSummary>>
}

/**
 * Everything that is said of evaluated pairs, whether a model has just computed their rewards or a file held them.
 * @throws InputError for no pairs, FailureError for rewards that are not finite
 */
export function analyse(table: RewardTable, _context: AnalysisContext = {}): Analysis {
  return { ...summarizePairs(table), subsets: summarizeSubsets(table) }
}
