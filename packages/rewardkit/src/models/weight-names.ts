import { existsSync } from 'node:fs'
import { join } from 'node:path'

export const weightsName = 'model.safetensors'
export const indexName = `${weightsName}.index.json`

/** Whether a folder holds weights of a whole model, in one file or in several. */
export const hasWeights = (folder: string): boolean =>
  existsSync(join(folder, weightsName)) || existsSync(join(folder, indexName))
