import { withBagOfWords } from '../baselines/add-baselines.ts'
import { learnWords } from '../baselines/learn-words.ts'
import { openBaselineModel, withLogLikelihood } from '../baselines/log-likelihood.ts'
import { runRecordOf } from '../baselines/run-record.ts'
import { spoolRows } from '../data/index.ts'
import type { Hooks } from '../events.ts'
import { sha256Model } from '../models/model-hash.ts'
import { findModel } from '../models/index.ts'
import { type Evaluation, evaluateGroups, summarize, writeModelEvaluation } from '../rewards/evaluation.ts'
import { type OpenedModel, openRewardModel } from '../rewards/open-model.ts'
import { createSpool, type Spool } from '../tokens/index.ts'
import { calibrationToUse, temperatureFor } from '../rewards/calibration-use.ts'
import type { EvaluateOptions } from './evaluate-options.ts'
import { prepareFolder } from './prepare-folder.ts'
import { readPairs } from './read-pairs.ts'

/**
 * Evaluates a saved reward model on a preference file and writes `rewards.jsonl`, `suspicious.jsonl`,
 * `telling_pairs.jsonl` and `summary.json` into the folder. Texts are read as the model was trained to read them.
 * @param rows JSON lines in place of a file: written to where `options.data` says
 * @throws InputError for what is wrong with folder, data or model; Interrupted on request
 */
export async function evaluateModel(
  options: EvaluateOptions,
  hooks: Hooks,
  rows?: Iterable<string>,
): Promise<Evaluation> {
  const { folder } = await findModel(options.model, hooks)
  prepareFolder(options)
  const opened = await openRewardModel(folder, options, hooks)
  spoolRows(options.data, rows, false, hooks)
  const spool = createSpool(options.out)
  try {
    return await evaluateFile(folder, opened, { ...options, calledAs: rows && 'data' }, spool, hooks)
  } finally {
    spool.close()
  }
}

async function evaluateFile(
  folder: string,
  model: OpenedModel,
  options: EvaluateOptions & { readonly calledAs: string | undefined },
  spool: Spool,
  hooks: Hooks,
): Promise<Evaluation> {
  const { network, tokenizer, dtype, rewardsOf, overridden } = model
  const run = runRecordOf(folder)
  const languageModel = await openBaselineModel({ ...options, run, tokenizer }, hooks)
  const { pairs: data } = await readPairs(model, { ...options, withStarts: languageModel !== null }, spool, hooks)
  const sha256 = await sha256Model(folder)
  // Before the rewards, which take long: the file may be broken.
  const calibration = await calibrationToUse({ folder, reading: network.reading, sha256 }, hooks)
  const rewards = evaluateGroups(rewardsOf, data, options, hooks)
  const bagOfWords = await learnWords({ ...options, options, run, promptIds: rewards.promptIds }, hooks)
  const compared = bagOfWords ? withBagOfWords(rewards, bagOfWords, data.groups) : rewards
  const computing = { dtype, microBatchTokens: options.microBatchTokens }
  const table = languageModel ? withLogLikelihood(compared, languageModel, data.groups, computing, hooks) : compared
  const evaluated = { sha256: data.sha256, promptIds: table.promptIds }
  const temperature = calibration && temperatureFor(calibration, evaluated, folder, hooks)
  const record = {
    path: folder,
    sha256,
    dtype,
    pool: network.reading.pool,
    ...(Object.keys(overridden).length > 0 && { overridden }),
    ...(tokenizer.files.templateDate && { template_date: tokenizer.files.templateDate.day }),
  }
  const summary = summarize(table, data, record, { temperature })
  writeModelEvaluation(options.out, table, summary, data.groups)
  return { table, summary }
}
