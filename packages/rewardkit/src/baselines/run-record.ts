import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { type DataOptions, dataOptionsSchema } from '../data/data-options.ts'
import { snakeCase } from '../option-schemas.ts'

/** What a run says of where its model came from. */
export interface RunRecord {
  /** The model that it began with, as config.yaml names it. */
  readonly model: string
  /** The data that it trained on, their SHA-256, and how they are read. */
  readonly data: {
    readonly name: string
    readonly sha256: string
    readonly options: DataOptions
    readonly limit?: number
  }
}

const configSchema = z.looseObject({ model: z.string(), limit: z.number().nullish() })
const dataSchema = z.looseObject({ training: z.looseObject({ name: z.string(), sha256: z.string() }) })

/** The record of the run that a model folder belongs to; null where it belongs to none, or to one that cannot be read. */
export function runRecordOf(modelFolder: string): RunRecord | null {
  const folder = resolve(modelFolder)
  const run = basename(folder) === 'model' ? dirname(folder) : folder
  const [configFile, dataFile] = [join(run, 'config.yaml'), join(run, 'data.json')]
  if (!existsSync(configFile) || !existsSync(dataFile)) return null
  try {
    const config = configSchema.parse(parse(readFileSync(configFile, 'utf8')))
    const { training } = dataSchema.parse(JSON.parse(readFileSync(dataFile, 'utf8')))
    const given = Object.keys(dataOptionsSchema.shape).flatMap((key) => {
      const value = config[snakeCase(key)] ?? undefined
      return value === undefined ? [] : [[key, value] as const]
    })
    const options = dataOptionsSchema.parse(Object.fromEntries(given))
    const limit = config.limit ?? undefined
    return {
      model: config.model,
      data: { name: training.name, sha256: training.sha256, options, ...(limit && { limit }) },
    }
  } catch {
    return null
  }
}
