import { parse } from 'yaml'
import { z } from 'zod'
import { InputError } from '../errors.ts'

/** What a data set's card (the YAML header of its README.md) says of its files. */
export interface Card {
  /** As the card names it, such as `mit`; null where it says nothing. */
  readonly licence: string | null
  readonly configs: readonly CardConfig[]
  /** What it says of the sizes of splits. */
  readonly sizes: readonly SplitSize[]
}

/** The size of a split, as a card's `dataset_info` gives it. */
export interface SplitSize {
  readonly config: string
  readonly split: string
  readonly rows: number
  /** Of the rows in memory, which is about that of their texts. */
  readonly bytes: number
}

/** A config of a card. */
export interface CardConfig {
  readonly name: string
  readonly isDefault: boolean
  /** The folder that its patterns are relative to; empty for the whole repository. */
  readonly folder: string
  /** Patterns for each split; null if the names of the files say which splits there are. */
  readonly splits: readonly { readonly split: string; readonly patterns: readonly string[] }[] | null
}

const name = z.union([z.string(), z.number(), z.boolean()]).transform(String)
const oneOrMore = z.union([z.string().transform((item) => [item]), z.array(z.string())])
const infoSchema = z.object({
  config_name: name.nullish(),
  splits: z.array(z.object({ name, num_examples: z.number(), num_bytes: z.number() })).nullish(),
})
const cardSchema = z.object({
  dataset_info: z
    .union([infoSchema.transform((info) => [info]), z.array(infoSchema)])
    .nullish()
    .catch(null),
  license: z.union([name.transform((item) => [item]), z.array(name)]).nullish(),
  license_name: name.nullish(),
  configs: z
    .array(
      z.object({
        config_name: name,
        default: z.boolean().nullish(),
        data_dir: z.string().nullish(),
        data_files: z.union([oneOrMore, z.array(z.object({ split: name, path: oneOrMore }))]).nullish(),
      }),
    )
    .nullish(),
})

/**
 * Reads the card of a data set.
 * @param readme README.md; null where there is none
 * @throws InputError for a header that cannot be read
 */
export function readCard(readme: string | null, repository: string): Card {
  const header = /^---[^\S\n]*\n([\s\S]*?)\n---[^\S\n]*(?:\n|$)/.exec(readme?.replaceAll('\r\n', '\n') ?? '')?.[1]
  if (header === undefined) return { licence: null, configs: [], sizes: [] }
  const card = parseHeader(header, repository)
  const licences = card.license?.map((licence) =>
    licence === 'other' && card.license_name ? card.license_name : licence,
  )
  return {
    licence: licences && licences.length > 0 ? licences.join(', ') : null,
    configs: (card.configs ?? []).map((config) => ({
      name: config.config_name,
      isDefault: config.default ?? false,
      folder: plainFolder(config.data_dir ?? ''),
      splits: config.data_files ? patternsOf(config.data_files) : null,
    })),
    sizes: (card.dataset_info ?? []).flatMap((info) =>
      (info.splits ?? []).map((split) => ({
        config: info.config_name ?? 'default',
        split: split.name,
        rows: split.num_examples,
        bytes: split.num_bytes,
      })),
    ),
  }
}

function parseHeader(header: string, repository: string): z.output<typeof cardSchema> {
  try {
    return cardSchema.parse(parse(header) ?? {})
  } catch (error) {
    throw new InputError(`the card of data set ${repository} (the YAML header of its README.md) cannot be read`, {
      remedy: 'download the files that you want and give them as local files',
      cause: error,
    })
  }
}

/** Patterns without a split are the train split, as in the `datasets` library. */
const patternsOf = (
  files: readonly string[] | readonly { readonly split: string; readonly path: readonly string[] }[],
): { split: string; patterns: string[] }[] => {
  const plain = files.filter((file) => typeof file === 'string')
  const bySplit = files.filter((file) => typeof file !== 'string')
  return [
    ...(plain.length > 0 ? [{ split: 'train', patterns: plain.map(plainPattern) }] : []),
    ...bySplit.map(({ split, path }) => ({ split, patterns: path.map(plainPattern) })),
  ]
}

const plainPattern = (pattern: string): string => pattern.replace(/^(?:\.?\/)+/, '')
const plainFolder = (folder: string): string => plainPattern(folder).replace(/\/+$/, '').replace(/^\.$/, '')
