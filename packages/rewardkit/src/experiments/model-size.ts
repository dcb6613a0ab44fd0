import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError, Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { fetchModelConfig } from '../hub/index.ts'
import { type DecoderConfig, readModelConfig } from '../models/config.ts'
import { recordOf } from '../models/families.ts'
import { decoderShapes } from '../models/weights.ts'
import type { TrainOptions } from '../train/train-options.ts'
import { type Cell, filledIn } from './cells.ts'
import type { Experiment } from './experiment-types.ts'

/** What config.json says of a model's size. */
export interface ModelSize {
  /** All weights of the reward model: embeddings, layers, final norm, head. */
  readonly parameters: number
  /** Those of the layers, which cost time for each token. */
  readonly layerParameters: number
  readonly layers: number
  readonly hiddenSize: number
}

/** The size of a cell's model by its config.json alone; null, and a line for the user, where it cannot be had. */
export async function sizeOfModel(
  experiment: Experiment,
  cell: Cell,
  miss: (name: string, reason: string) => void,
  hooks: Hooks,
): Promise<ModelSize | null> {
  const name = filledIn(cell.model.model, cell, experiment)
  try {
    return modelSize(readModelConfig(await configFolder(name, hooks)).decoder)
  } catch (error) {
    if (error instanceof Interrupted) throw error
    miss(`model ${cell.model.model}`, error instanceof Error ? error.message : String(error))
    return null
  }
}

async function configFolder(name: string, hooks: Hooks): Promise<string> {
  if (!existsSync(name)) {
    if (name.startsWith('/')) throw new InputError('no such folder')
    return fetchModelConfig(name, hooks)
  }
  return existsSync(join(name, 'config.json')) ? name : join(name, 'model')
}

/** Counts the weights that a configuration describes. */
function modelSize(config: DecoderConfig): ModelSize {
  const { prefix, parts } = recordOf(config.family)
  const count = (isCounted: (name: string) => boolean) =>
    [...decoderShapes(config)].reduce(
      (sum, [name, shape]) => sum + (isCounted(name) ? shape.reduce((a, b) => a * b, 1) : 0),
      0,
    )
  return {
    parameters: count(() => true) + config.hiddenSize,
    layerParameters: count((name) => name.startsWith(`${prefix}${parts.layers}.`)),
    layers: config.layers,
    hiddenSize: config.hiddenSize,
  }
}

/** Weights, gradients and moments in float32, and the activations of a micro-batch. */
export function memoryOf(model: ModelSize, { microBatchTokens, dtype, train }: TrainOptions, share: number): number {
  const trained = train === 'all' ? model.parameters : model.layerParameters * share
  // Korthikanti et al. 2022: 34 bytes in half precision, without attention scores.
  const activations = (dtype === 'float32' ? 68 : 34) * microBatchTokens * model.hiddenSize * model.layers * share
  return 4 * model.parameters + 3 * 4 * trained + activations
}
