import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { analyse } from '../analysis/analyse.ts'
import { type BagOfWords, bagOfWordsReward } from '../baselines/bag-of-words.ts'
import { learnWords } from '../baselines/learn-words.ts'
import { defaultDataOptions, type Group } from '../data/index.ts'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { readJson } from '../json-files.ts'
import { command, option, phrase } from '../phrase.ts'
import { evaluationSummarySchema } from '../rewards/evaluation-schemas.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import { evaluationFolder, readRewards, type RewardFileOptions } from '../rewards/read-rewards.ts'
import { writeEvaluation } from '../rewards/write-evaluation.ts'
import { version } from '../version.ts'
import type { EvaluateRewardsOptions } from './evaluate-options.ts'
import { prepareFolder } from './prepare-folder.ts'

/**
 * Evaluates rewards that are computed already, as `evaluateModel` does those that it computes. With `out` it writes
 * `rewards.jsonl` and `summary.json` there. Loads no addon.
 * @throws InputError for what is wrong with the file or the folder; Interrupted on request
 */
export async function evaluateRewards(options: EvaluateRewardsOptions, hooks: Hooks): Promise<EvaluationSummary> {
  const { rewards, out, columns, encoding, onError } = options
  if (out !== undefined) prepareFolder({ ...options, out })
  const folder = evaluationFolder(rewards)
  refuseUnfinished(rewards, folder)
  const path = folder === undefined ? rewards : join(folder, 'rewards.jsonl')
  const reading = { columns, encoding, onError }
  const words = await wordsFor(path, reading, options.baselineData, hooks)
  const { sha256, table, skipped } = await readRewards(path, { ...reading, ...(words && marginsBy(words)) }, hooks)
  const summary: EvaluationSummary = {
    schema_version: 2,
    versions: { rewardkit: version, node: process.versions.node },
    ...(folder !== undefined && originOf(folder)),
    rewards: { path, sha256 },
    read: table.pairs + skipped,
    dropped: skipped === 0 ? {} : { unreadable: skipped },
    truncated: table.truncated?.filter((one) => one === 1).length ?? 0,
    ...analyse(table),
  }
  if (out !== undefined) writeEvaluation(out, table, summary)
  return summary
}

/**
 * A bag of words that learned from `baselineData`, without the prompts of the file. That takes a reading of the file more.
 * Null where none was asked for, and where the file has no texts.
 */
async function wordsFor(
  path: string,
  reading: RewardFileOptions,
  baselineData: string | undefined,
  hooks: Hooks,
): Promise<BagOfWords | null> {
  if (baselineData === undefined) return null
  if (path === '-')
    throw new InputError(phrase`${option('baselineData')}: rewards of standard input can be read only once`, {
      remedy: phrase`write them into a file, and give that as ${option('rewards')}`,
    })
  const promptIds = new Set<string>()
  const collect = ({ promptId }: Group) => {
    promptIds.add(promptId)
    return undefined
  }
  await readRewards(path, { ...reading, marginsOf: collect }, { ...hooks, onEvent: () => {} })
  if (promptIds.size === 0) {
    hooks.onEvent(logLine(`no bag of words to compare with: ${path} has no texts of prompts and responses`))
    return null
  }
  return learnWords({ baselineData, options: defaultDataOptions, run: null, promptIds: [...promptIds] }, hooks)
}

/** The chosen response of a pair comes first. */
const marginsBy = (words: BagOfWords): Pick<RewardFileOptions, 'marginsOf'> => ({
  marginsOf({ responses: [chosen = [], rejected = []] }) {
    return { bag_of_words: bagOfWordsReward(words, chosen) - bagOfWordsReward(words, rejected) }
  },
})

/** What an evaluation folder says of the model and the data that its rewards came from. */
function originOf(folder: string): Pick<EvaluationSummary, 'model' | 'data'> {
  const path = join(folder, 'summary.json')
  if (!existsSync(path)) return {}
  const { model, data } = readJson(path, evaluationSummarySchema, 'evaluate again')
  return { ...(model && { model }), ...(data && { data }) }
}

/** A run that has no evaluation is a folder of files, too; but none of them holds rewards of pairs. */
function refuseUnfinished(path: string, folder: string | undefined): void {
  if (folder !== undefined || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  if (!existsSync(join(path, 'config.yaml')) && !existsSync(join(path, 'config.json'))) return
  throw new InputError(phrase`${option('rewards')} ${path}: holds no evaluation`, {
    remedy: phrase`compute rewards first: ${command('evaluate')} with ${option('model')} and ${option('data')}`,
  })
}
