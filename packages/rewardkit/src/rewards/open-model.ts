import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@rewardkit/torch'
import { type ComputeDtype, defaultThreads, resolveDtype } from '../compute-options.ts'
import { type Hooks, logLine, warning } from '../events.ts'
import { joinPhrases, option, type Phrase, phrase, settings } from '../phrase.ts'
import { loadRewardNetwork, maxLengthText, type RewardNetwork } from '../models/index.ts'
import { snakeCase } from '../option-schemas.ts'
import {
  givenReading,
  loadTokenizer,
  pooledElsewhere,
  type ReadingOptions,
  type ReadingOverrides,
  type Tokenizer,
} from '../tokens/index.ts'
import type { Overridden } from './evaluation-summary.ts'
import { type RewardsOf, wholeModel } from './reward-pass.ts'

/** A finished reward model that is ready to read texts and to compute their rewards. */
export interface OpenedModel {
  readonly network: RewardNetwork
  readonly tokenizer: Tokenizer
  readonly dtype: ComputeDtype
  readonly rewardsOf: RewardsOf
  /** The reading options that were given in place of the saved ones, by their names in rewardkit.json. */
  readonly overridden: Readonly<Record<string, Overridden>>
}

/** How to read texts, where that is not as saved, and how to compute. */
export interface OpenOptions extends ReadingOverrides {
  readonly dtype: 'auto' | ComputeDtype
  readonly threads?: number | undefined
}

/**
 * Opens a reward model that reads texts as it was trained to, except for the options that are given. Says what differs
 * from the saved options, and what a folder that was not saved here leaves open.
 * @throws InputError for what is wrong with the folder
 */
export async function openRewardModel(folder: string, options: OpenOptions, hooks: Hooks): Promise<OpenedModel> {
  const given = givenReading(options)
  const dtype = resolveDtype(options.dtype)
  setThreads(options.threads ?? defaultThreads())
  const network = loadRewardNetwork(folder, { seed: null, reading: given })
  const tokenizer = await loadTokenizer(folder, network.reading)
  const overridden = network.savedReading ? overriddenBy(given, network.savedReading) : []
  const changes = overridden.map(
    (change) => phrase`${option(change.name)} ${change.given} (saved: ${change.saved ?? 'none'})`,
  )
  if (network.headOrigin.kind === 'value-head') hooks.onEvent(logLine(headText(network)))
  const shorter = maxLengthText(network.config, given.maxLength ?? network.savedReading?.maxLength)
  if (shorter !== null) hooks.onEvent(logLine(phrase`${folder}: ${shorter}`))
  if (changes.length > 0) hooks.onEvent(logLine(phrase`${folder}: texts are read with ${joinPhrases(changes, ', ')}`))
  await warnOfOthersFolder(network, tokenizer, hooks, { isPoolGiven: given.pool !== undefined })
  warnOfDate(tokenizer, given.templateDate, hooks)
  const record = overridden.map(({ name, ...change }) => [snakeCase(name), change] as const)
  return { network, tokenizer, dtype, rewardsOf: wholeModel(network, dtype), overridden: Object.fromEntries(record) }
}

/**
 * Warns if transformers would compute other rewards from a folder that was not saved here. That happens with a LoRA
 * adapter beside whole weights, or at another pooled token, unless the user chose that.
 */
export async function warnOfOthersFolder(
  { savedReading, reading, headOrigin }: RewardNetwork,
  tokenizer: Tokenizer,
  hooks: Hooks,
  { isPoolGiven }: { readonly isPoolGiven: boolean },
): Promise<void> {
  const { folder } = tokenizer.files
  if (existsSync(join(folder, 'adapter_config.json')))
    hooks.onEvent(
      warning(
        `${folder}: its adapter is not applied, only the full weights next to it are read; if the adapter belongs to the model, merge the two first (PEFT's merge_and_unload)`,
      ),
    )
  if (isPoolGiven || savedReading || headOrigin.kind === 'drawn') return
  const elsewhere = await pooledElsewhere(tokenizer, reading.pool)
  if (elsewhere !== null) hooks.onEvent(warning(phrase`${folder}: ${elsewhere}`))
}

/** Warns of a template that prints another date each day, and of a date that none asks for. */
export function warnOfDate(
  { files: { folder, templateDate } }: Tokenizer,
  given: string | undefined,
  hooks: Hooks,
): void {
  const warn = (words: Phrase) => hooks.onEvent(warning(words))
  if (templateDate?.isToday)
    warn(
      phrase`${folder}: its chat template prints today's date, so rewards differ from day to day; ${settings({ templateDate: templateDate.day })} fixes it`,
    )
  if (given !== undefined && !templateDate) warn(unusedDate(folder, given))
}

export const unusedDate = (folder: string, day: string): Phrase =>
  phrase`${option('templateDate')} ${day} has no effect: the chat template of ${folder} does not ask for the date`

function overriddenBy(given: Partial<ReadingOptions>, saved: ReadingOptions): (Overridden & { name: string })[] {
  const before = new Map(Object.entries(saved))
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined || before.get(name) === value ? [] : [{ name, saved: before.get(name) ?? null, given: value }],
  )
}

/** Where the head of a model comes from, as one line. */
export function headText({ headOrigin: origin, weights }: Pick<RewardNetwork, 'headOrigin' | 'weights'>): string {
  const kind = weights.hiddenHead ? 'mlp' : 'linear'
  switch (origin.kind) {
    case 'drawn':
      return `head: ${kind}, drawn from seed ${origin.seed}`
    case 'value-head':
      return `head: ${kind}, taken from ${origin.tensor} in ${origin.file}`
    case 'kept':
      return `head: ${kind}, kept as the folder has it`
  }
}
