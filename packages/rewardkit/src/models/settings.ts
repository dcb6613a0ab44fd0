import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { type ReadingOptions, readingOptionsSchema } from '../tokens/index.ts'

/** Says beside a model's weights how its texts are read. */
export const settingsFile = 'rewardkit.json'

const { maxLength, ...others } = readingOptionsSchema.shape
const settingsSchema = z.looseObject({
  schema_version: z.literal(1),
  reading: z.object({ max_length: maxLength, ...others }),
})

/** How a model that was saved here reads its texts; the defaults for any other folder. Throws InputError for a broken file. */
export function readSettings(folder: string): ReadingOptions {
  const path = join(folder, settingsFile)
  if (!existsSync(path)) return readingOptionsSchema.parse({})
  try {
    const { max_length, ...reading } = settingsSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).reading
    return { maxLength: max_length, ...reading }
  } catch (error) {
    throw new InputError(
      `${path} is not what RewardKit writes: save the model again, or remove the file to use the defaults`,
      { cause: error },
    )
  }
}

/** The content of the file. */
export function settingsOf({ maxLength: max_length, ...reading }: ReadingOptions): z.input<typeof settingsSchema> {
  return { schema_version: 1, reading: { max_length, ...reading } }
}
