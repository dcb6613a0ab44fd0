import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { asksForDate, dayOf, pinDate, pinnedDay, withoutPin } from './template-date.ts'

/** A token as the configuration files write it: its text, or an object with its text. */
const tokenText = z.union([z.string(), z.object({ content: z.string() }).transform((token) => token.content)])
const optionalToken = tokenText.nullish().transform((token) => token ?? undefined)
const tokenIds = z.union([z.number(), z.array(z.number())]).nullish()

const addedToken = z.looseObject({ id: z.number(), content: z.string(), special: z.boolean().default(false) })
const tokenizerJson = z.looseObject({
  model: z.looseObject({ type: z.string().optional() }),
  added_tokens: z.array(addedToken).nullish(),
})

const specialTokens = z.object({
  bos_token: optionalToken,
  eos_token: optionalToken,
  unk_token: optionalToken,
  pad_token: optionalToken,
})
const namedTemplates = z.array(z.object({ name: z.string(), template: z.string() }))
const tokenizerConfig = z.looseObject({
  ...specialTokens.shape,
  chat_template: z.union([z.string(), namedTemplates, z.record(z.string(), z.string())]).nullish(),
})
const modelConfig = z.looseObject({
  bos_token_id: tokenIds,
  eos_token_id: tokenIds,
  pad_token_id: tokenIds,
  vocab_size: z.number().nullish().catch(undefined),
  max_position_embeddings: z.number().nullish().catch(undefined),
  n_positions: z.number().nullish().catch(undefined),
})

/** One entry of tokenizer.json's `added_tokens`. */
export type AddedToken = z.infer<typeof addedToken>

/** What a model folder says about its tokenizer, read and checked, before anything is decided. */
export interface TokenizerFiles {
  readonly folder: string
  /** tokenizer.json, with any built-in truncation and padding taken out: those are the encoder's business, not ours. */
  readonly tokenizerJson: string
  readonly addedTokens: readonly AddedToken[]
  /** tokenizer_config.json unchanged; empty if the folder has none. */
  readonly tokenizerConfig: Readonly<Record<string, unknown>>
  /** special_tokens_map.json unchanged, if there is one. */
  readonly specialTokensMap: Readonly<Record<string, unknown>> | undefined
  /** The chat template, its date pinned where it asks for one. */
  readonly chatTemplate: string | undefined
  /** The day that the template prints, where it asks for the date; `isToday` where nothing had pinned it. */
  readonly templateDate: { readonly day: string; readonly isToday: boolean } | undefined
  /** chat_template.jinja unchanged, if there is one. */
  readonly chatTemplateFile: string | undefined
  /** Texts of the special tokens that the tokenizer's own files name. */
  readonly named: Readonly<Record<'bos' | 'eos' | 'unk' | 'pad', string | undefined>>
  /** Ids that config.json and generation_config.json give. */
  readonly configured: Readonly<Record<'bos' | 'eos' | 'pad', readonly number[]>>
  /** config.json's `max_position_embeddings`, or GPT-2's `n_positions`: the most tokens that the model was made for. */
  readonly maxPositions: number | undefined
  /** How many token ids config.json says that the model has embeddings for; Infinity where it does not. */
  readonly embeddings: number
}

/**
 * Reads tokenizer.json (required), tokenizer_config.json, special_tokens_map.json, chat_template.jinja, config.json and
 * generation_config.json of a Hugging Face model folder. Throws InputError where a file is missing or broken.
 * @param day the day for a chat template that asks for the date; by default the day pinned before, else today
 */
export async function readTokenizerFiles(folder: string, day?: string): Promise<TokenizerFiles> {
  const read = (name: string) => readOptional(join(folder, name))
  const text = await read('tokenizer.json')
  if (text === undefined) {
    if (!existsSync(join(folder, 'config.json')))
      throw new InputError(`${folder} has no config.json`, {
        remedy: 'give a Hugging Face model folder, or a run folder',
      })
    throw new InputError(
      `${join(folder, 'tokenizer.json')}: no such file; a model folder needs a tokenizer.json (save the tokenizer with transformers' save_pretrained to get one)`,
    )
  }
  const parsed = parse(join(folder, 'tokenizer.json'), text, tokenizerJson)
  const configText = await read('tokenizer_config.json')
  const config = parse(join(folder, 'tokenizer_config.json'), configText ?? '{}', tokenizerConfig)
  const mapText = await read('special_tokens_map.json')
  const map = parse(join(folder, 'special_tokens_map.json'), mapText ?? '{}', specialTokens.loose())
  const model = parse(join(folder, 'config.json'), (await read('config.json')) ?? '{}', modelConfig)
  const generation = parse(
    join(folder, 'generation_config.json'),
    (await read('generation_config.json')) ?? '{}',
    modelConfig,
  )
  const chatTemplateFile = await read('chat_template.jinja')
  const template = chatTemplateFile ?? defaultTemplate(folder, config.chat_template)
  const ids = (key: 'bos_token_id' | 'eos_token_id' | 'pad_token_id') =>
    [...new Set([model[key] ?? [], generation[key] ?? []].flat())].filter((id) => id >= 0)
  return {
    folder,
    tokenizerJson:
      (parsed['truncation'] ?? parsed['padding'])
        ? JSON.stringify({ ...parsed, truncation: null, padding: null })
        : text,
    addedTokens: parsed.added_tokens ?? [],
    tokenizerConfig: record(configText),
    specialTokensMap: mapText === undefined ? undefined : record(mapText),
    ...dated(template, day),
    chatTemplateFile,
    named: {
      bos: config.bos_token ?? map.bos_token,
      eos: config.eos_token ?? map.eos_token,
      unk: config.unk_token ?? map.unk_token,
      pad: config.pad_token ?? map.pad_token,
    },
    configured: { bos: ids('bos_token_id'), eos: ids('eos_token_id'), pad: ids('pad_token_id') },
    maxPositions: model.max_position_embeddings ?? model.n_positions ?? undefined,
    embeddings: model.vocab_size ?? Infinity,
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw new InputError(`${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

function parse<T>(path: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new InputError(
      `${path}: not valid JSON (${error instanceof Error ? error.message.split('\n')[0] : String(error)})`,
      { remedy: 'fetch the file again' },
    )
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new InputError(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not as expected'}`, {
    remedy: 'fetch the file again',
  })
}

function record(text: string | undefined): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text ?? '{}'))
}

/**
 * Of several named templates the one named `default`, as transformers chooses without tools. Throws InputError where
 * there are others alone: another way to read texts would be a guess.
 */
function defaultTemplate(
  folder: string,
  template: z.infer<typeof tokenizerConfig>['chat_template'],
): string | undefined {
  if (template === undefined || template === null || typeof template === 'string') return template ?? undefined
  const named = Array.isArray(template)
    ? new Map(template.map((entry) => [entry.name, entry.template]))
    : new Map(Object.entries(template))
  if (named.size === 0 || named.has('default')) return named.get('default')
  const names = [...named.keys()].map((name) => JSON.stringify(name)).join(', ')
  throw new InputError(
    `${join(folder, 'tokenizer_config.json')}: found the chat templates ${names}, expected one named "default"`,
    {
      remedy:
        'write the one that the model was trained with to chat_template.jinja in the folder, or name it "default"',
    },
  )
}

function dated(template: string | undefined, given: string | undefined) {
  if (template === undefined || !asksForDate(withoutPin(template)))
    return { chatTemplate: template, templateDate: undefined }
  const day = given ?? pinnedDay(template)
  const printed = day ?? dayOf(new Date())
  return { chatTemplate: pinDate(template, printed), templateDate: { day: printed, isToday: day === undefined } }
}
