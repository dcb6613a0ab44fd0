import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { openSafetensors, type Safetensors, SafetensorsError } from '@rewardkit/torch'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { listed, missingShards } from '../shards.ts'
import { indexName, weightsName } from './weight-names.ts'

/**
 * A value head in a separate file next to a language model's weights, as TRL's and LLaMA-Factory's training writes it.
 */
const valueHeadName = 'value_head.safetensors'

/**
 * A folder's weights: model.safetensors, or all the files that model.safetensors.index.json names, and
 * value_head.safetensors where there is one.
 * @throws InputError for what is missing or broken, by name
 */
export function openWeights(folder: string): Safetensors[] {
  const head = join(folder, valueHeadName)
  const paths = [...modelFiles(folder), ...(existsSync(head) ? [head] : [])]
  try {
    return paths.map(openSafetensors)
  } catch (error) {
    if (error instanceof SafetensorsError)
      throw new InputError(error.message, { remedy: 'copy the file again', cause: error })
    throw error
  }
}

const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) })

function modelFiles(folder: string): string[] {
  if (existsSync(join(folder, weightsName))) return [join(folder, weightsName)]
  const index = join(folder, indexName)
  if (!existsSync(index)) throw withoutIndex(folder)
  const parsed = indexSchema.safeParse(readJson(index))
  if (!parsed.success) throw new InputError(`${index} has no weight_map`, { remedy: 'copy the file again' })
  const names = [...new Set(Object.values(parsed.data.weight_map))]
  const outside = names.find((name) => name !== basename(name) || name === '..')
  if (outside !== undefined)
    throw new InputError(`${index} names "${outside}"; expected the name of a file beside it`, {
      remedy: 'copy the file again',
    })
  const missing = names.filter((name) => !existsSync(join(folder, name)))
  if (missing.length > 0)
    throw new InputError(`${index} names ${listed(missing)}, which ${missing.length === 1 ? 'is' : 'are'} missing`, {
      remedy: missing.length === 1 ? 'copy the file again' : 'copy the files again',
    })
  return names.map((name) => join(folder, name))
}

function withoutIndex(folder: string): InputError {
  const shards = readdirSync(folder).filter((name) => /^model-\d+-of-\d+\.safetensors$/.test(name))
  if (shards.length === 0)
    return new InputError(`${folder} has no ${weightsName}`, {
      remedy: 'convert the weights to safetensors (pickles are never loaded)',
    })
  const missing = missingShards(shards, 1)
  const gaps = missing.length === 0 ? '' : `, and no ${listed(missing)}`
  return new InputError(`${folder} has ${listed(shards.toSorted())}, but no ${indexName}${gaps}`, {
    remedy: `copy ${missing.length === 0 ? 'the index' : 'them'} from where the model came from`,
  })
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InputError(`${path}: not JSON (${String(error)})`, { remedy: 'copy the file again', cause: error })
  }
}
