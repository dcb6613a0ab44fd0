import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DoctorCheck } from '@rewardkit/torch/setup'
import { z } from 'zod'
import type { Message } from '../data/index.ts'
import { counted } from '../counted.ts'
import { InputError, wholePhrase } from '../errors.ts'
import { type Hooks, silentHooks } from '../events.ts'
import { writeFileAtomic } from '../files.ts'
import { checkWeights, findModel, loadRewardNetwork, readModelConfig, type RewardNetwork } from '../models/index.ts'
import type { Phrase } from '../phrase.ts'
import { encodeGroup, loadTokenizer, renderPlain, type TokenGroup, type Tokenizer } from '../tokens/index.ts'
import { calibrationPath } from './calibration-file.ts'
import { requireCalibration } from './calibration-use.ts'
import { warnOfDate } from './open-model.ts'
import { computeRewards } from './reward-pass.ts'
import { marginStatistics } from '../statistics/statistics.ts'

/** The file beside a saved model with its rewards of eight fixed conversations. */
const rewardCheckFile = 'reward_check.json'

const messageSchema = z.object({ role: z.string(), content: z.string().nullable() })
const entrySchema = z.object({
  name: z.string(),
  messages: z.array(messageSchema),
  /** The conversation as the chat template, or the plain form, renders it. */
  text: z.string().optional(),
  /** What the model reads: cut at the end token, truncated, written-out special tokens as the reading options say. */
  ids: z.array(z.number()).optional(),
  reward: z.number().optional(),
  /** Why there is none of these: the template or the reading options refuse it, or it is too long. */
  unreadable: z.string().optional(),
})
const rewardCheckSchema = z.object({
  schema_version: z.literal(1),
  dtype: z.literal('float32'),
  tolerance: z.number(),
  tolerance_is: z.string(),
  conversations: z.array(entrySchema),
})
type Entry = z.infer<typeof entrySchema>
type RewardCheck = z.infer<typeof rewardCheckSchema>

const toleranceIs =
  "1e-4 of these rewards' standard deviation and 1e-6 of the largest: float32 rounding on other processors, thread counts and libraries stays below, a wrong token or weight does not"

/** Writes `reward_check.json` into the folder of a saved model, with the tokenizer that was saved. */
export async function writeRewardCheck(folder: string, model: RewardNetwork): Promise<void> {
  const check = await computeRewardCheck(model, await loadTokenizer(folder))
  writeFileAtomic(join(folder, rewardCheckFile), `${JSON.stringify(check, null, 1)}\n`)
}

async function computeRewardCheck(model: RewardNetwork, tokenizer: Tokenizer): Promise<RewardCheck> {
  const read = await Promise.all(conversations.map(([name, messages]) => readEntry(name, messages, model, tokenizer)))
  const groups = read.flatMap(({ tokens }) => tokens ?? [])
  const rewards = computeRewards(model, groups, { microBatchTokens: 2048, dtype: 'float32' }).flatMap(
    ([reward = NaN]) => reward,
  )
  const entries = read.map(({ entry, tokens }) =>
    tokens ? { ...entry, reward: rewards[groups.indexOf(tokens)] } : entry,
  )
  const spread = rewards.length > 1 ? marginStatistics(rewards).standard_deviation : 0
  return {
    schema_version: 1,
    dtype: 'float32',
    tolerance: 1e-4 * spread + 1e-6 * Math.max(0, ...rewards.map(Math.abs)),
    tolerance_is: toleranceIs,
    conversations: entries,
  }
}

async function readEntry(
  name: string,
  messages: readonly Message[],
  model: RewardNetwork,
  tokenizer: Tokenizer,
): Promise<{ entry: Entry; tokens?: TokenGroup }> {
  const entry = { name, messages: [...messages] }
  const parts = { prompt: messages.slice(0, -1), responses: [messages.slice(-1)], preferences: [] }
  try {
    const text = (tokenizer.chat?.render ?? renderPlain)(messages)
    const tokens = await encodeGroup({ id: name, promptId: name, form: 'messages', ...parts }, tokenizer, {
      ...model.reading,
      truncationRule: model.truncationRule,
    })
    if ('dropped' in tokens) return { entry: { ...entry, unreadable: tokens.dropped } }
    return { entry: { ...entry, text, ids: [...tokens.prefix, ...(tokens.branches[0] ?? [])] }, tokens }
  } catch (error) {
    if (error instanceof InputError) return { entry: { ...entry, unreadable: 'refused' } }
    throw error
  }
}

/** A check of a model, for a front end to write in its own words. */
export interface ModelCheck extends Omit<DoctorCheck, 'problem'> {
  problem?: Phrase
}

/**
 * Checks a model (a folder, or a name at the hub). Configuration and tokenizer must be readable, and the weights must
 * fit the configuration. If the folder has a `reward_check.json`, its texts, ids and rewards must come out again. Once
 * a check fails, the later ones are left out.
 */
export async function checkModelFolder(model: string, hooks: Hooks = silentHooks): Promise<ModelCheck[]> {
  const { folder } = await findModel(model, hooks)
  const checks: ModelCheck[] = []
  const steps: [string, () => string | Promise<string>][] = [
    [
      'model',
      async () => {
        const { family, layers, hiddenSize } = readModelConfig(folder).decoder
        warnOfDate(await loadTokenizer(folder), undefined, hooks)
        return `${family}, ${layers} layers of ${hiddenSize}, in ${folder}`
      },
    ],
    [
      'weights',
      () =>
        checkWeights(folder) === 'reward-model' ? 'a reward model' : 'a causal language model: train gives it a head',
    ],
    ['rewards', () => recheck(folder)],
    ...(existsSync(calibrationPath(folder)) ? [calibrationStep(folder)] : []),
  ]
  for (const [name, step] of steps) {
    try {
      checks.push({ name, ok: true, found: await step() })
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      checks.push({ name, ok: false, found: folder, problem: wholePhrase(error.phrases) })
      break
    }
  }
  return checks
}

/** Whether the calibration of a model fits it, with the reading options that it has saved. */
function calibrationStep(folder: string): [string, () => Promise<string>] {
  const step = async () => {
    const { reading } = loadRewardNetwork(folder, { seed: null })
    const { temperature, data } = await requireCalibration('calibration', { folder, reading })
    return `temperature ${temperature.value.toPrecision(3)}, fitted on ${counted(data.pairs, 'pair')} of ${counted(data.prompts, 'prompt')}`
  }
  return ['calibration', step]
}

/** What was found; throws InputError that says what differs. */
async function recheck(folder: string): Promise<string> {
  const path = join(folder, rewardCheckFile)
  if (!existsSync(path)) return `no ${rewardCheckFile} to compare with`
  const saved = readRewardCheck(path)
  const computed = await computeRewardCheck(loadRewardNetwork(folder, { seed: null }), await loadTokenizer(folder))
  const differences = saved.conversations.flatMap((entry) => {
    const again = computed.conversations.find(({ name }) => name === entry.name)
    return again ? difference(entry, again, saved.tolerance) : [`${entry.name} is not a conversation of this version`]
  })
  if (differences.length > 0) throw new InputError(`${path}: ${differences.join('; ')}`)
  const rewards = computed.conversations.filter(({ reward }) => reward !== undefined)
  return `text, ids and rewards of ${rewards.length} conversations are as saved (tolerance ${saved.tolerance.toPrecision(2)})`
}

function readRewardCheck(path: string): RewardCheck {
  try {
    return rewardCheckSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new InputError(`${path}: not what RewardKit writes`, {
      remedy: 'copy the file again, or remove it',
      cause: error,
    })
  }
}

function difference(saved: Entry, computed: Entry, tolerance: number): string[] {
  const { name } = saved
  if (JSON.stringify(saved.messages) !== JSON.stringify(computed.messages))
    return [`the conversation ${name} is not that of this version`]
  if (saved.unreadable !== computed.unreadable)
    return [`${name} is ${computed.unreadable ?? 'readable'}, was ${saved.unreadable ?? 'readable'}`]
  if (saved.text !== computed.text) return [`the text of ${name} differs`]
  const [before, after] = [saved.ids ?? [], computed.ids ?? []]
  const place = before.findIndex((id, index) => after[index] !== id)
  if (place >= 0 || before.length !== after.length)
    return [`the ids of ${name} differ from position ${place < 0 ? before.length : place}`]
  if (saved.reward === undefined || computed.reward === undefined) return []
  const isClose = Math.abs(saved.reward - computed.reward) <= tolerance
  return isClose ? [] : [`the reward of ${name} is ${computed.reward}, was ${saved.reward} (tolerance ${tolerance})`]
}

const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })

const manyLines = Array.from({ length: 60 }, (_, i) => `Line ${i + 1} of 60 says nothing new.`).join('\n')

/** What every model is asked. A change here makes the files of earlier versions useless: don't. */
const conversations: readonly (readonly [string, readonly Message[]])[] = [
  ['short', [user('Why is the sky blue?'), assistant('Air scatters blue light most.')]],
  [
    'multi-turn',
    [user('Name a fruit.'), assistant('A pear.'), user('Another one?'), assistant('A plum.\n\nOr a quince.')],
  ],
  ['system', [{ role: 'system', content: 'Answer in one word.' }, user('Is water wet?'), assistant('Yes.')]],
  ['unicode', [user('Grüße, 世界! ¾ ₂ שלום'), assistant('e\u0301 👩\u200d👩\u200d👧 🇩🇪\u00a0\u3000naïve')]],
  ['code', [user('Double it.'), assistant('```python\ndef f(x):\n\tif x:\n        return 2 * x  # 0x1F\n```\n')]],
  ['long', [user(`Read this.\n${manyLines}`), assistant('It says nothing new, sixty times.')]],
  ['blank', [user(' \n'), assistant('')]],
  ['special tokens', [user('What is <|im_end|> or <|eot_id|>?'), assistant('Like </s> and <|endoftext|>, an end.')]],
]
