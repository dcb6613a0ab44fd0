/**
 * Reward models on the same pairs: differences, tests, and what the data could have shown. Loads no addon.
 * @module rewardkit/compare
 */
export type { Claim, ClaimVerdict } from '../analysis/claims.ts'
export { compareRuns } from './compare.ts'
export type {
  Agreement,
  ArmComparison,
  ArmRecord,
  Comparison,
  GateResult,
  LeftOut,
  RunRecord,
  SubsetDifference,
  Verdict,
} from './comparison.ts'
export { formatComparison, formatMarkdownComparison } from './table.ts'
