import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Hooks, logLine, warning } from '../events.ts'
import { loadRewardNetwork, type RewardNetwork } from '../models/index.ts'
import { flagOf, snakeCase } from '../option-schemas.ts'
import {
  givenReading,
  loadTokenizer,
  pooledElsewhere,
  type ReadingOptions,
  type ReadingOverrides,
  type Tokenizer,
} from '../tokens/index.ts'
import type { Overridden } from './evaluation-summary.ts'

/** A finished reward model with its tokenizer, ready to read texts. */
export interface OpenedModel {
  readonly model: RewardNetwork
  readonly tokenizer: Tokenizer
  /** By the option's name as in rewardkit.json. */
  readonly overridden: Readonly<Record<string, Overridden>>
}

/**
 * Opens a reward model to read texts as it was trained to read them, but for what `options` give. Says once what is not
 * as it was saved, and what a folder that was not saved here leaves open.
 * @throws InputError for what is wrong with the folder
 */
export async function openRewardModel(folder: string, options: ReadingOverrides, hooks: Hooks): Promise<OpenedModel> {
  const given = givenReading(options)
  const model = loadRewardNetwork(folder, { seed: null, reading: given })
  const tokenizer = await loadTokenizer(folder, model.reading)
  const overridden = model.savedReading ? overriddenBy(given, model.savedReading) : {}
  const changes = Object.entries(overridden).map(
    ([name, change]) => `${flagOf(name)} ${change.given} (saved: ${change.saved ?? 'none'})`,
  )
  const log = (message: string) => hooks.onEvent(logLine(message))
  if (model.headOrigin.kind === 'value-head') log(headText(model))
  if (changes.length > 0) log(`${folder}: texts are read with ${changes.join(', ')}`)
  warnOfAdapter(folder, hooks)
  if (!given.pool) await warnOfPool(model, tokenizer, hooks)
  warnOfDate(tokenizer, given.templateDate, hooks)
  return { model, tokenizer, overridden }
}

/** Warns of a LoRA adapter beside whole weights, which transformers would apply. */
export function warnOfAdapter(folder: string, hooks: Hooks): void {
  if (existsSync(join(folder, 'adapter_config.json')))
    hooks.onEvent(
      warning(
        `${folder}: its adapter is not applied, only the whole weights beside it are read; merge the two first (merge_and_unload of PEFT) where it belongs to the model`,
      ),
    )
}

/** Warns of a reward model that was not saved here, and that transformers would read at another token. */
export async function warnOfPool(
  { savedReading, reading }: Pick<RewardNetwork, 'savedReading' | 'reading'>,
  tokenizer: Tokenizer,
  hooks: Hooks,
): Promise<void> {
  const elsewhere = savedReading ? null : await pooledElsewhere(tokenizer, reading.pool)
  if (elsewhere !== null) hooks.onEvent(warning(`${tokenizer.files.folder}: ${elsewhere}`))
}

/** Warns of a template that prints another date each day, and of a date that none asks for. */
export function warnOfDate(
  { files: { folder, templateDate } }: Tokenizer,
  given: string | undefined,
  hooks: Hooks,
): void {
  const warn = (message: string) => hooks.onEvent(warning(message))
  if (templateDate?.isToday)
    warn(
      `${folder}: its chat template prints today's date, ${templateDate.day}: rewards differ from day to day; --template-date YYYY-MM-DD fixes it`,
    )
  if (given !== undefined && !templateDate) warn(unusedDate(folder, given))
}

export const unusedDate = (folder: string, day: string): string =>
  `--template-date ${day} has no effect: the chat template of ${folder} does not ask for the date`

function overriddenBy(given: Partial<ReadingOptions>, saved: ReadingOptions): Record<string, Overridden> {
  const before = new Map(Object.entries(saved))
  const changed: Record<string, Overridden> = {}
  for (const [name, value] of Object.entries(given))
    if (value !== undefined && before.get(name) !== value)
      changed[snakeCase(name)] = { saved: before.get(name) ?? null, given: value }
  return changed
}

/** Where the head of a model comes from, as a line to print. */
export function headText({ headOrigin: origin, weights }: Pick<RewardNetwork, 'headOrigin' | 'weights'>): string {
  const kind = weights.hiddenHead ? 'mlp' : 'linear'
  if (origin.kind === 'drawn') return `head: ${kind}, drawn from seed ${origin.seed}`
  if (origin.kind === 'value-head') return `head: ${kind}, taken from ${origin.tensor} in ${origin.file}`
  return `head: ${kind}, kept as the folder has it`
}
