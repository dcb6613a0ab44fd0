import { existsSync } from 'node:fs'
import { noGradient } from '@rewardkit/torch'
import type { RewardTable } from '../analysis/reward-table.ts'
import { at } from '../at.ts'
import type { ComputeDtype } from '../compute-options.ts'
import { InputError, Interrupted, RewardKitError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { findModel, type LanguageModel, loadLanguageModel, responseLikelihoods } from '../models/index.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'
import { partsOf } from '../rewards/reward-pass.ts'
import { microBatchesOf, type SpooledGroups, type Tokenizer } from '../tokens/index.ts'
import { readTokenizerFiles } from '../tokens/tokenizer-files.ts'
import { withBaselines } from './add-baselines.ts'
import { noBaseline } from './no-baseline.ts'
import type { RunRecord } from './run-record.ts'

/** Which language model to compare a reward model with. */
export interface LikelihoodSources {
  /** `--baseline-model`: a language model, or `none`; by default the model that the run began with. */
  readonly baselineModel?: string | undefined
  readonly run: RunRecord | null
  /** Of the reward model, by which texts are read. */
  readonly tokenizer: Tokenizer
}

/**
 * The language model whose log-likelihoods a reward model has to beat. Null where it is not known, not there or not a
 * language model: one line then says so and names the remedy.
 * @throws InputError for a model of `baselineModel` that cannot be used
 */
export async function openBaselineModel(
  { baselineModel, run, tokenizer }: LikelihoodSources,
  hooks: Hooks,
): Promise<LanguageModel | null> {
  if (baselineModel === noBaseline) return null
  if (baselineModel !== undefined) return openModel(baselineModel, tokenizer, hooks)
  const leaveOut = (why: Phrase) => {
    const remedy = phrase`${settings({ baselineModel: 'FOLDER' })} names a language model`
    hooks.onEvent(logLine(phrase`no log-likelihood to compare with: ${why}; ${remedy}`))
    return null
  }
  if (!run) return leaveOut(phrase`the model is not in a run folder, so the model that it began as is not known`)
  if (!existsSync(run.model)) return leaveOut(phrase`${run.model}, which training began with, is not there`)
  try {
    return await openModel(run.model, tokenizer, hooks)
  } catch (error) {
    if (!(error instanceof RewardKitError) || error instanceof Interrupted) throw error
    return leaveOut(error.phrases.problem)
  }
}

async function openModel(name: string, tokenizer: Tokenizer, hooks: Hooks): Promise<LanguageModel> {
  const { folder } = await findModel(name, hooks)
  const model = loadLanguageModel(folder)
  const { tokenizerJson } = await readTokenizerFiles(folder)
  if (vocabularyOf(tokenizerJson) !== vocabularyOf(tokenizer.files.tokenizerJson))
    throw new InputError(`${name} reads texts with another tokenizer than the reward model`, {
      remedy: 'name the language model that the reward model was trained from',
    })
  return model
}

const vocabularyOf = (tokenizerJson: string): string => {
  const parsed: unknown = JSON.parse(tokenizerJson)
  return JSON.stringify(typeof parsed === 'object' && parsed !== null && 'model' in parsed ? parsed.model : parsed)
}

/**
 * The table with the margins of two baselines: by how much the chosen response is likelier than the rejected one under a
 * language model, given the prompt. Once as the sum over the tokens of each response, once as their mean.
 * @param groups those whose preferences are the pairs of the table, in its order, encoded with the starts of responses
 */
export function withLogLikelihood(
  table: RewardTable,
  model: LanguageModel,
  groups: SpooledGroups,
  { dtype, microBatchTokens }: { readonly dtype: ComputeDtype; readonly microBatchTokens: number },
  hooks: Hooks,
): RewardTable {
  const [sums, means] = [new Float64Array(table.pairs), new Float64Array(table.pairs)]
  let branches: { readonly sum: number; readonly tokens: number }[] = []
  let [pair, reported] = [0, 0]
  const parts = partsOf(groups, ({ tokens }) => tokens, microBatchTokens)
  for (const members of microBatchesOf(parts, ({ part }) => part, microBatchTokens)) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    const tokens = members.map(({ part }) => part)
    const found = noGradient(() => responseLikelihoods(model, tokens, dtype))
    let offset = 0
    for (const { group, part, isLast } of members) {
      branches.push(...found.slice(offset, (offset += part.branches.length)))
      if (!isLast) continue
      for (const { chosen, rejected } of group.preferences) {
        const [better, worse] = [chosen, rejected].map((response) => at(branches, at(group.tokens.branchOf, response)))
        if (!better || !worse) throw new Error('a pair has two responses')
        sums[pair] = better.sum - worse.sum
        means[pair] = better.sum / better.tokens - worse.sum / worse.tokens
        pair += 1
      }
      branches = []
    }
    if (pair - reported < table.pairs / 20 && pair < table.pairs) continue
    reported = pair
    hooks.onEvent({ kind: 'progress', label: 'log-likelihoods', done: pair, total: table.pairs, unit: 'pairs' })
  }
  return withBaselines(table, { log_likelihood: sums, log_likelihood_per_token: means })
}
