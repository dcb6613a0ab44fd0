import { counted } from '../counted.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { option, phrase } from '../phrase.ts'
import type { TokenGroup } from './sequence.ts'
import type { Truncation, TruncationRule } from './truncate.ts'

/** Groups that truncation cut, by what they lost; one group may lose several. */
export interface CutCounts {
  /** Part of the prompt, the system turn aside. */
  readonly prompt: number
  /** The end of the system turn. */
  readonly system: number
  /** The end of a response. */
  readonly responses: number
  /** Those to which rule 1, that of models without `truncation_rule` in rewardkit.json, gave other ids. */
  readonly unlike_rule_1: number
}

/** Counts what truncation cut. */
export interface CutTally {
  /** Number of groups that lost tokens. */
  readonly truncated: number
  readonly cut: CutCounts
  add(group: Pick<TokenGroup, 'truncated' | 'cut'>): void
}

export function createCutTally(): CutTally {
  const cut = { prompt: 0, system: 0, responses: 0, unlike_rule_1: 0 }
  let truncated = 0
  return {
    cut,
    get truncated() {
      return truncated
    },
    add(group) {
      if (group.truncated) truncated += 1
      if (group.cut?.prompt) cut.prompt += 1
      if (group.cut?.system) cut.system += 1
      if (group.cut?.responses) cut.responses += 1
      if (group.cut?.otherwise) cut.unlike_rule_1 += 1
    },
  }
}

/** `2 in the prompt, 1 in the system turn`; empty where nothing was cut. */
export function cutParts({ prompt, system, responses }: CutCounts): string {
  const parts = [
    [prompt, 'in the prompt'],
    [system, 'in the system turn'],
    [responses, 'in the responses'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, place]) => `${count.toLocaleString('en-US')} ${place}`)
    .join(', ')
}

/** How the groups were read, and what came of it. */
export interface CutReport {
  /** Where the groups came from. */
  readonly name: string
  readonly maxLength: number
  readonly truncation?: Truncation
  /** The rule by which the model was trained; by default the one of today. */
  readonly trainedBy?: TruncationRule
  readonly dropped?: Readonly<Record<string, number>>
}

/** Says what was cut, what became identical by it, and where the model was trained on texts that were cut otherwise. */
export function reportCuts(
  { truncated, cut }: Pick<CutTally, 'truncated' | 'cut'>,
  { name, maxLength, truncation = 'prompt-left', trainedBy, dropped = {} }: CutReport,
  hooks: Pick<Hooks, 'onEvent'>,
): void {
  const were = (count: number, noun: string) => `${counted(count, noun)} ${count === 1 ? 'was' : 'were'}`
  if (truncated > 0)
    hooks.onEvent(
      logLine(`${name}: ${were(truncated, 'group')} cut to ${maxLength} tokens (${truncation}): ${cutParts(cut)}`),
    )
  if (cut.unlike_rule_1 > 0 && trainedBy === 1)
    hooks.onEvent(
      warning(
        `${name}: ${were(cut.unlike_rule_1, 'group')} cut differently than when the model was trained: by truncation rule 2, which never empties a response, not by rule 1`,
      ),
    )
  const tooLong = truncation === 'drop' ? 0 : (dropped['too_long'] ?? 0)
  if (tooLong > 0)
    hooks.onEvent(
      warning(
        phrase`${name}: in ${counted(tooLong, 'pair')}, ${maxLength} tokens leave no room for a response besides what the chat template writes (too_long): a larger ${option('maxLength')} makes room`,
      ),
    )
  const identical = dropped['identical_after_truncation'] ?? 0
  if (identical > 0)
    hooks.onEvent(
      warning(
        phrase`${name}: ${counted(identical, 'pair')} became identical when cut to ${maxLength} tokens (identical_after_truncation): a larger ${option('maxLength')} keeps the responses apart`,
      ),
    )
}
