import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RewardTable } from '../analysis/reward-table.ts'
import { withBagOfWords } from '../baselines/add-baselines.ts'
import { fitBagOfWords, withoutPrompts } from '../baselines/bag-of-words.ts'
import { cardFacts } from '../cards/gather.ts'
import { ownCard, writeModelCard } from '../cards/write-card.ts'
import type { Hooks } from '../events.ts'
import type { FetchedModel } from '../hub/index.ts'
import { saveRewardModel } from '../models/index.ts'
import { cardFile, sha256Model } from '../models/model-hash.ts'
import { evaluateGroups, type Evaluation, summarize, writeModelEvaluation } from '../rewards/evaluation.ts'
import type { EvaluationData } from '../rewards/evaluation-data.ts'
import { writeRewardCheck } from '../rewards/reward-check.ts'
import type { RewardsOf } from '../rewards/reward-pass.ts'
import { choosePadToken, savedTokenizerFiles } from '../tokens/index.ts'
import type { PreparedTraining } from './prepare.ts'
import type { DataRecord } from './training-data.ts'

/** What a run found with its trained model. */
export interface Findings {
  /** Of the held-out pairs, where there are any. */
  readonly evaluation: Evaluation | null
  /** Of the pairs of `testData`, where there are any. */
  readonly test: Evaluation | null
}

/** A run after its last step. */
interface TrainedRun {
  readonly out: string
  /** The model that training began with. */
  readonly source: FetchedModel
  readonly prepared: PreparedTraining
  readonly rewardsOf: RewardsOf
  /** Evaluates the held-out pairs as between steps; null where there are none. */
  readonly evaluate: () => RewardTable | null
}

/**
 * Saves the trained model, evaluates held-out and test pairs beside their baselines, and writes the model card.
 * @throws as `evaluateGroups` and the writers of files
 */
export async function finishRun(run: TrainedRun, hooks: Hooks): Promise<Findings> {
  const { out, prepared, rewardsOf } = run
  const { data, options } = prepared
  const folder = join(out, 'model')
  await saveModel(folder, prepared)
  const heldOutTable = run.evaluate()
  const testTable = data.test && evaluateGroups(rewardsOf, data.test, options, hooks)
  const model = { path: folder, sha256: await sha256Model(folder), dtype: options.dtype, pool: options.pool }
  const written = (name: string, table: RewardTable | null, groups: EvaluationData | null): Evaluation | null =>
    table && groups && writeFindings(join(out, name), withWords(table, groups, prepared), groups, model)
  const findings = {
    evaluation: written('evaluation', heldOutTable, data.evaluation),
    test: written('test-evaluation', testTable, data.test),
  }
  writeCard(run, folder, findings, hooks)
  return findings
}

async function saveModel(folder: string, { model, data, tokenizer }: PreparedTraining): Promise<void> {
  const card = existsSync(folder) ? ownCard(folder) : null
  saveRewardModel(
    folder,
    { ...model, trainedOn: data.readAs },
    {
      files: { ...savedTokenizerFiles(tokenizer), ...(card !== null && { [cardFile]: card }) },
      padTokenId: choosePadToken(tokenizer)?.id ?? null,
    },
  )
  await writeRewardCheck(folder, model)
}

/** With the margins of a bag of words that was fitted on the training pairs, but those that share a prompt with these. */
function withWords(table: RewardTable, { groups }: EvaluationData, { data }: PreparedTraining): RewardTable {
  const words = withoutPrompts(data.words, table.promptIds)
  return words.pairs.length > 0 ? withBagOfWords(table, fitBagOfWords(words), groups) : table
}

function writeFindings(
  folder: string,
  table: RewardTable,
  data: EvaluationData,
  model: Parameters<typeof summarize>[2],
): Evaluation {
  const summary = summarize(table, data, model)
  writeModelEvaluation(folder, table, summary, data.groups)
  return { table, summary }
}

function writeCard({ out, source, prepared }: TrainedRun, folder: string, findings: Findings, hooks: Hooks): void {
  const { model, tokenizer, options, data, steps } = prepared
  const facts = cardFacts({
    out,
    base: source,
    network: { ...model, trainedOn: data.readAs },
    tokenizer,
    options,
    training: { ...data.record.training, pairs: data.pairs, steps: steps.length },
    evaluation: described(findings, data.record),
  })
  writeModelCard(folder, facts, hooks)
}

/** What a model card reports: the test pairs, which no choice was made on, else those that were held out. */
function described({ evaluation, test }: Findings, record: DataRecord): Parameters<typeof cardFacts>[0]['evaluation'] {
  if (test) return { summary: test.summary, data: record.test ?? null }
  return evaluation && { summary: evaluation.summary, data: record.evaluation }
}
