import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import {
  type ReadingOptions,
  readingOptionsSchema,
  type TrainedOn,
  type TruncationRule,
  truncationRule as today,
  waysToRead,
} from '../tokens/index.ts'

/** Says beside a model's weights how its texts are read. */
export const settingsFile = 'rewardkit.json'

const {
  maxLength: length,
  plainTexts: plain,
  specialTokensInText: specialTokens,
  templateDate,
  ...otherOptions
} = readingOptionsSchema.shape
const settingsSchema = z.looseObject({
  schema_version: z.literal(1),
  reading: z.object({
    max_length: length,
    plain_texts: plain,
    special_tokens_in_text: specialTokens,
    truncation_rule: z.union([z.literal(1), z.literal(2)]).default(1),
    template_date: templateDate,
    ...otherOptions,
  }),
  trained_on: z.partialRecord(z.enum(waysToRead), z.number()).optional(),
  reward_constant: z.number().default(0),
})

/** What `rewardkit.json` says of a model: how it reads its texts, and what is added to its rewards. */
interface ModelSettings {
  readonly reading: ReadingOptions
  /** The rule of truncation by which it was trained: 1 where the file does not say. */
  readonly truncationRule: TruncationRule
  /** Groups that it was trained on, by how they were read; null where the file does not say. */
  readonly trainedOn: TrainedOn | null
  readonly rewardConstant: number
}

/** The settings of a model that was saved here; the defaults for any other folder. Throws InputError for a broken file. */
export function readSettings(folder: string): ModelSettings & { readonly isSaved: boolean } {
  const path = join(folder, settingsFile)
  if (!existsSync(path))
    return {
      reading: readingOptionsSchema.parse({}),
      truncationRule: today,
      trainedOn: null,
      rewardConstant: 0,
      isSaved: false,
    }
  try {
    const {
      reading: stored,
      trained_on,
      reward_constant,
    } = settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    const {
      max_length: maxLength,
      plain_texts: plainTexts,
      special_tokens_in_text: specialTokensInText,
      truncation_rule,
      template_date: day,
      ...others
    } = stored
    const dated = day === undefined ? {} : { templateDate: day }
    return {
      reading: { maxLength, plainTexts, specialTokensInText, ...others, ...dated },
      truncationRule: truncation_rule,
      trainedOn: trained_on ?? null,
      rewardConstant: reward_constant,
      isSaved: true,
    }
  } catch (error) {
    throw new InputError(`${path} is not what RewardKit writes`, {
      remedy: 'save the model again, or remove the file to use the defaults',
      cause: error,
    })
  }
}

/** The content of the file. It has the constant if that is not 0: transformers' rewards lack it. */
export function settingsOf({
  reading,
  truncationRule,
  trainedOn,
  rewardConstant,
}: ModelSettings): z.input<typeof settingsSchema> {
  const {
    maxLength: max_length,
    plainTexts: plain_texts,
    specialTokensInText: special_tokens_in_text,
    templateDate: template_date,
    ...rest
  } = reading
  return {
    schema_version: 1,
    reading: {
      max_length,
      plain_texts,
      special_tokens_in_text,
      truncation_rule: truncationRule,
      ...rest,
      ...(template_date !== undefined && { template_date }),
    },
    ...(trainedOn && { trained_on: trainedOn }),
    ...(rewardConstant === 0 ? {} : { reward_constant: rewardConstant }),
  }
}
