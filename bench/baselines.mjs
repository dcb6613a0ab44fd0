// What a bag of words and a language model's log-likelihoods reach on preference data.
//
//   node bench/baselines.mjs TRAIN TEST                       bags of words with several penalties
//   node bench/baselines.mjs TRAIN --folds                    bags of words on five folds of the prompts of TRAIN, each
//                                                             after learning from the other four
//   node bench/baselines.mjs TRAIN TEST --model FOLDER [N]    the log-likelihood of the first N test rows under a language
//                                                             model, texts of at most 512 tokens
import { createSpool, loadTokenizer } from '../packages/rewardkit/dist/tokens/index.js'
import { clusteredShare } from '../packages/rewardkit/dist/statistics/intervals.js'
import { clustersOf } from '../packages/rewardkit/dist/statistics/clusters.js'
import { bagOfWordsReward, createWordPairs, fitBagOfWords } from '../packages/rewardkit/dist/baselines/bag-of-words.js'
import { withLogLikelihood } from '../packages/rewardkit/dist/baselines/log-likelihood.js'
import {
  defaultDataOptions,
  evaluationSplits,
  openData,
  readPreferences,
  surveyPreferences,
  trainingSplits,
  withoutTies,
} from '../packages/rewardkit/dist/data/index.js'
import { silentHooks } from '../packages/rewardkit/dist/events.js'
import { loadLanguageModel } from '../packages/rewardkit/dist/models/index.js'
import { encodeEvaluation } from '../packages/rewardkit/dist/rewards/evaluation-data.js'
import { readingOptionsSchema } from '../packages/rewardkit/dist/tokens/reading-options.js'

const [train = '', test = '', option, model = '', limit = '200'] = process.argv.slice(2)

/** Accuracy in percent with its interval; ties count one half. */
function shown(/** @type {Float64Array} */ margins, /** @type {readonly string[]} */ prompts) {
  const right = margins.map((margin) => (1 + Math.sign(margin)) / 2)
  const { value, low, high } = clusteredShare(right, clustersOf(prompts))
  return `${[value, low, high].map((share) => (100 * share).toFixed(1)).join(' ')} on ${margins.length} pairs`
}

if (option === '--model') await likelihoods()
else if (test === '--folds') await folds()
else await words()

async function words() {
  const pairs = createWordPairs()
  const training = await openData(train, defaultDataOptions, trainingSplits, silentHooks)
  await surveyPreferences(training, undefined, (group) => pairs.add(withoutTies(group)))
  const tested = await readPreferences(await openData(test, defaultDataOptions, evaluationSplits, silentHooks))
  const prompts = tested.groups.flatMap((group) => withoutTies(group).preferences.map(() => group.promptId))
  for (const penalty of [undefined, 1000, 300, 100, 30, 10, 3, 1]) {
    const before = process.cpuUsage()
    const fitted = fitBagOfWords(pairs, penalty)
    const { user, system } = process.cpuUsage(before)
    const margins = tested.groups.flatMap((group) => {
      const rewards = group.responses.map((response) => bagOfWordsReward(fitted, response))
      return withoutTies(group).preferences.map(
        ({ chosen, rejected }) => (rewards[chosen] ?? NaN) - (rewards[rejected] ?? NaN),
      )
    })
    const how = penalty === undefined ? `chosen by validation: ${fitted.penalty}` : `${penalty}`
    const seconds = ((user + system) / 1e6).toFixed(1)
    console.log(
      `penalty ${how}, ${fitted.features} features: ${shown(Float64Array.from(margins), prompts)}, ${seconds} s`,
    )
  }
}

async function folds() {
  const { groups } = await readPreferences(await openData(train, defaultDataOptions, trainingSplits, silentHooks))
  const decided = groups.map(withoutTies)
  const numbers = clustersOf(decided.map(({ promptId }) => promptId)).of
  /** @type {number[]} */
  const margins = []
  /** @type {string[]} */
  const prompts = []
  for (let fold = 0; fold < 5; fold++) {
    const pairs = createWordPairs()
    for (const [i, group] of decided.entries()) if ((numbers[i] ?? 0) % 5 !== fold) pairs.add(group)
    const fitted = fitBagOfWords(pairs)
    for (const [i, { promptId, preferences, responses }] of decided.entries()) {
      if ((numbers[i] ?? 0) % 5 !== fold) continue
      const rewards = responses.map((response) => bagOfWordsReward(fitted, response))
      for (const { chosen, rejected } of preferences) {
        margins.push((rewards[chosen] ?? NaN) - (rewards[rejected] ?? NaN))
        prompts.push(promptId)
      }
    }
  }
  console.log(`five folds: ${shown(Float64Array.from(margins), prompts)}`)
}

async function likelihoods() {
  const spool = createSpool('.')
  const network = loadLanguageModel(model)
  const tokenizer = await loadTokenizer(model, readingOptionsSchema.parse({}))
  const opened = await openData(test, defaultDataOptions, evaluationSplits, silentHooks)
  const survey = await surveyPreferences(opened, Number(limit))
  const reading = { ...readingOptionsSchema.parse({ maxLength: 512 }), onError: /** @type {const} */ ('stop') }
  const data = await encodeEvaluation(survey, tokenizer, { ...reading, withStarts: true }, spool, silentHooks)
  const prompts = [...data.groups].flatMap((group) => group.preferences.map(() => group.promptId))
  const start = performance.now()
  const table = withLogLikelihood(
    /** @type {any} */ ({ pairs: data.pairs }),
    network,
    data.groups,
    { dtype: 'float32', microBatchTokens: 4096 },
    silentHooks,
  )
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  for (const [name, margins] of Object.entries(table.baselineMargins ?? {}))
    console.log(`${name}: ${shown(margins, prompts)}, ${seconds} s`)
  console.log(`peak ${(process.resourceUsage().maxRSS / 1e6).toFixed(2)} GB`)
  spool.close()
}
