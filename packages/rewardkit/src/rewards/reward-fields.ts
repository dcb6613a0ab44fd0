import { createTextReader, type TextReader } from '../analysis/text-features.ts'
import { groupFromRow } from '../data/index.ts'
import { isObject, numberError, optionalName, type Row } from '../data/fields.ts'
import type { Group } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { sha256Text } from '../hashes.ts'
import { option, phrase, type Phrase } from '../phrase.ts'
import type { RewardRow } from '../statistics/types.ts'
import { rewardRowSchema } from './evaluation-schemas.ts'

/** Names on the left of `--columns` for a file of rewards. */
export const rewardColumnNames = [
  'chosen_reward',
  'rejected_reward',
  'id',
  'prompt_id',
  'subset',
  'annotated_margin',
  'prompt',
  'chosen',
  'rejected',
] as const

/** No column of the row holds rewards: what it has, and what to do. */
export class NoRewards extends InputError {}

/** What is noticed while rows become pairs. */
export interface RewardNotes {
  /** Rows that count as a prompt of their own, since nothing says which prompt they have. */
  withoutPrompt: number
  /** Pairs whose texts are there and cannot be read. */
  unreadableTexts: number
}

/** Reads rows of one file as pairs with rewards, one row after the other. */
export interface RewardReader {
  readonly notes: RewardNotes
  /**
   * The pairs of a row: one, or several for a row with several responses.
   * @param defaultId of a row without an id
   * @throws InputError that names the field, what was found and what was expected; NoRewards without reward columns
   */
  read(row: Row, defaultId: string): RewardRow[]
}

/** The margins of baselines for a pair with texts: the first response of the group is the chosen one. */
export type MarginsOfTexts = (group: Group) => RewardRow['baseline_margins']

export function createRewardReader(marginsOf?: MarginsOfTexts): RewardReader {
  const notes: RewardNotes = { withoutPrompt: 0, unreadableTexts: 0 }
  const texts = createTextReader()
  return {
    notes,
    read: (row, defaultId) => (isOurs(row) ? [ourRow(row)] : pairsOf(row, defaultId, { texts, marginsOf }, notes)),
  }
}

/** A row of `rewards.jsonl`, as RewardKit writes it. */
const isOurs = (row: Row): boolean => row['schema_version'] === 1 && 'reward_margin' in row

function ourRow(row: Row): RewardRow {
  const result = rewardRowSchema.safeParse(row)
  if (!result.success) {
    const issue = result.error.issues[0]
    throw new InputError(`field "${issue?.path.join('.')}": ${issue?.message}`, {
      remedy: 'restore the line that rewardkit wrote',
    })
  }
  const { data } = result
  for (const field of ['chosen_reward', 'rejected_reward', 'reward_margin'] as const)
    checkReward(data[field], row[field], field)
  return data
}

/** What is done with the texts of a pair. */
interface ForTexts {
  readonly texts: TextReader
  readonly marginsOf: MarginsOfTexts | undefined
}

function pairsOf(row: Row, defaultId: string, { texts, marginsOf }: ForTexts, notes: RewardNotes): RewardRow[] {
  const { chosen, rejected, layout } = rewardsOf(row)
  const isPair = chosen.length === 1 && rejected.length === 1
  const group = isPair ? textsOf(row, notes) : undefined
  const id = optionalName(row, 'id') ?? defaultId
  const promptId = promptIdOf(row, group)
  if (promptId === undefined) notes.withoutPrompt += 1
  const margin = optionalMargin(row)
  const features = group && texts.read(group)
  const baselineMargins = group && marginsOf?.(group)
  return chosen.flatMap((chosenReward, i) =>
    rejected.map((rejectedReward, j): RewardRow => {
      const [first, second] = [i, chosen.length + j]
      const pairId = isPair ? id : `${id}#${first}-${second}`
      return {
        schema_version: 1,
        id: pairId,
        prompt_id: promptId ?? id,
        subset: optionalName(row, 'subset') ?? optionalName(row, 'domain') ?? null,
        chosen_reward: chosenReward,
        rejected_reward: rejectedReward,
        reward_margin: chosenReward - rejectedReward,
        ...(margin !== undefined && { annotated_margin: margin }),
        ...(!isPair && { group_id: id, chosen_response: first, rejected_response: second }),
        ...(layout !== undefined && { layout }),
        ...features?.({ chosen: 0, rejected: 1 }, pairId),
        ...(baselineMargins && { baseline_margins: baselineMargins }),
      }
    }),
  )
}

interface Rewards {
  readonly chosen: readonly number[]
  readonly rejected: readonly number[]
  readonly layout?: string
}

/**
 * The rewards of a row: two columns, under our names or RewardBench's. RM-Bench has lists of three in them. RewardBench
 * 2 has one list, `scores`, whose first `num_correct` are those of correct responses.
 */
function rewardsOf(row: Row): Rewards {
  const { scores, num_correct: correct } = row
  if (Array.isArray(scores) && typeof correct === 'number') {
    const all = rewardList(scores, 'scores')
    if (!(Number.isInteger(correct) && correct > 0 && correct < all.length))
      throw new InputError(
        `field "num_correct": found ${correct}, expected 1 to ${all.length - 1}, for ${all.length} scores`,
      )
    return { chosen: all.slice(0, correct), rejected: all.slice(correct), layout: 'rewardbench2' }
  }
  const names = rewardColumnPairs.find(([chosen, rejected]) => chosen in row && rejected in row)
  const isNumeric = (value: unknown) => value === null || (typeof value !== 'object' && !Number.isNaN(Number(value)))
  const [chosenName, rejectedName] =
    names ?? (isNumeric(row['chosen']) && isNumeric(row['rejected']) && 'chosen' in row ? savedAll : missing(row))
  const chosen = rewardList(row[chosenName], chosenName)
  const rejected = rewardList(row[rejectedName], rejectedName)
  return { chosen, rejected, ...(chosen.length === 3 && rejected.length === 3 && { layout: 'rm-bench' }) }
}

/** Ours, RewardBench's (its `save_all` has the bare words), RM-Bench's. */
const rewardColumnPairs = [
  ['chosen_reward', 'rejected_reward'],
  ['scores_chosen', 'scores_rejected'],
  ['score_chosen', 'score_rejected'],
] as const
const savedAll = ['chosen', 'rejected'] as const

const rewardList = (value: unknown, field: string): number[] =>
  Array.isArray(value) && value.length > 0
    ? value.flatMap((item: unknown, index) => rewardList(item, `${field}[${index}]`))
    : [rewardOf(value, field)]

/** A reward: a finite number, also as text, as cells of a table are. */
function rewardOf(value: unknown, field: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return checkReward(number, value, field)
}

/** What float32 holds: no model gives more, and fourth powers of margins stay finite. */
const largestReward = 3.4028234663852886e38

function checkReward(number: unknown, found: unknown, field: string): number {
  if (typeof number !== 'number' || !Number.isFinite(number)) throw numberError(field, found, 'a finite number')
  if (Math.abs(number) <= largestReward) return number
  throw numberError(field, found, 'a number of at most 3.4e38, the largest of float32')
}

function optionalMargin(row: Row): number | undefined {
  const field = 'annotated_margin' in row ? 'annotated_margin' : 'margin'
  const value = row[field]
  return value === undefined || value === null || value === '' ? undefined : rewardOf(value, field)
}

/** The texts of a pair, whatever their shape; undefined where there are none. */
function textsOf(row: Row, notes: RewardNotes): Group | undefined {
  const side = (name: 'chosen' | 'rejected'): unknown => row[`text_${name}`] ?? row[name]
  const [chosen, rejected] = [side('chosen'), side('rejected')]
  const isText = (value: unknown) => Array.isArray(value) || (typeof value === 'string' && Number.isNaN(Number(value)))
  if (!isText(chosen) || !isText(rejected)) return undefined
  const { prompt } = row
  const ofPair = row['text_chosen'] === undefined && (typeof prompt === 'string' || Array.isArray(prompt))
  try {
    return groupFromRow({ chosen, rejected, ...(ofPair && prompt !== '' && { prompt }) }, 'pair')
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    notes.unreadableTexts += 1
    return undefined
  }
}

/** What says that pairs have the same prompt: a column of ids, or the prompt's text. */
function promptIdOf(row: Row, group: Group | undefined): string | undefined {
  const given = optionalName(row, 'prompt_id')
  if (given !== undefined) return given
  if (group && group.prompt.length > 0) return group.promptId
  const { prompt } = row
  return prompt === undefined || prompt === null || prompt === ''
    ? undefined
    : sha256Text(JSON.stringify(prompt)).slice(0, 16)
}

function missing(row: Row): never {
  const columns = Object.keys(row)
  const found = columns.length === 0 ? 'no column' : `the columns ${columns.slice(0, 12).join(', ')}`
  throw new NoRewards(`found ${found}; expected "chosen_reward" and "rejected_reward"`, { remedy: proposal(row) })
}

/** The columns that may be meant: two of numbers, with names that tell better from worse. */
function proposal(row: Row): Phrase {
  const numbers = numberPaths(row)
  const [better, worse] = [/chosen|prefer|accept|win|better|good|pos/i, /reject|lose|los|worse|bad|neg/i].map((words) =>
    numbers.find((name) => words.test(name)),
  )
  const named =
    better !== undefined && worse !== undefined
      ? `chosen_reward=${better} rejected_reward=${worse}`
      : 'chosen_reward=COLUMN rejected_reward=COLUMN'
  return phrase`name the columns of rewards: ${option('columns')} ${named}`
}

/** The columns of numbers, and those inside objects with dots. */
function numberPaths(row: Row, before = ''): string[] {
  return Object.entries(row).flatMap(([name, value]) => {
    const path = `${before}${name}`
    if (isObject(value)) return numberPaths(value, `${path}.`)
    const isNumber = typeof value === 'number' || (typeof value === 'string' && value.trim() !== '')
    return isNumber && !Number.isNaN(Number(value)) ? [path] : []
  })
}
