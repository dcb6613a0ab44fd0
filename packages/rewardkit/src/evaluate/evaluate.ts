import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { counted } from '../counted.ts'
import { evaluationSplits, openData, spoolRows, surveyPreferences } from '../data/index.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { sha256Model } from '../models/model-hash.ts'
import { makeWritableFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'
import { findModel } from '../models/index.ts'
import { type Evaluation, evaluateGroups, summarize, writeModelEvaluation } from '../rewards/evaluation.ts'
import { droppedText, encodeEvaluation } from '../rewards/evaluation-data.ts'
import { type OpenedModel, openRewardModel } from '../rewards/open-model.ts'
import { createReadingTally, createSpool, type Spool } from '../tokens/index.ts'
import type { EvaluateOptions } from './evaluate-options.ts'

/**
 * Evaluates a saved reward model on a preference file and writes `rewards.jsonl`, `summary.json` and
 * `telling_pairs.jsonl` into the folder. Texts are read as the model was trained to read them.
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
  { network, tokenizer, dtype, rewardsOf, overridden }: OpenedModel,
  options: EvaluateOptions & { readonly calledAs: string | undefined },
  spool: Spool,
  hooks: Hooks,
): Promise<Evaluation> {
  const opened = await openData(options.data, options, evaluationSplits, hooks)
  const readings = createReadingTally(tokenizer, network.reading)
  const survey = await surveyPreferences(opened, options.limit, (group) => readings.add(group))
  readings.report(survey.name, hooks)
  const reading = { ...network.reading, trainedBy: network.truncationRule }
  const data = await encodeEvaluation(survey, tokenizer, { ...reading, onError: options.onError }, spool, hooks)
  const left = droppedText(data.dropped)
  const used = `${counted(data.read, 'pair')} read, ${data.pairs} to evaluate on${left}`
  if (left !== '') hooks.onEvent(logLine(`${data.name}: ${used}`))
  const sha256 = await sha256Model(folder)
  const table = evaluateGroups(rewardsOf, data, options, hooks)
  const summary = summarize(table, data, {
    path: folder,
    sha256,
    dtype,
    pool: network.reading.pool,
    ...(Object.keys(overridden).length > 0 && { overridden }),
    ...(tokenizer.files.templateDate && { template_date: tokenizer.files.templateDate.day }),
  })
  writeModelEvaluation(options.out, table, summary, data.groups)
  return { table, summary }
}

function prepareFolder({ out, overwrite }: EvaluateOptions): void {
  if (existsSync(join(out, 'summary.json')) && !overwrite)
    throw new InputError(phrase`${option('out')} ${out} already holds an evaluation`, {
      remedy: phrase`name another folder, or give ${settings({ overwrite: true })}`,
    })
  makeWritableFolder(out)
}
