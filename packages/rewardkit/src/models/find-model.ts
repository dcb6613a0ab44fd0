import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FailureError, InputError, RewardKitError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { type FetchedModel, fetchModel, hasHubPrefix, isHubName } from '../hub/index.ts'

/**
 * The model that `--model` stands for: a local folder if there is one of that name, otherwise a model of the Hugging Face
 * hub, which is fetched where the cache does not have it.
 * @returns its folder, and the name to write down: a local path as given, a name at the hub with its commit
 * @throws as `modelFolder` and `fetchModel`
 */
export async function findModel(model: string, hooks: Hooks): Promise<FetchedModel> {
  if (existsSync(model) || !isHubName(model)) return { folder: modelFolder(model), name: model }
  if (hasHubPrefix(model)) return fetchModel(model, hooks)
  hooks.onEvent(logLine(`--model ${model}: no such folder here, so taken as hub:${model}`))
  try {
    return await fetchModel(model, hooks)
  } catch (error) {
    const Kind = [InputError, FailureError].find((kind) => error instanceof kind)
    if (!Kind || !(error instanceof RewardKitError)) throw error
    throw new Kind(`--model ${model} (no folder here): ${error.problem}`, { remedy: error.remedy, cause: error })
  }
}

/**
 * The model folder that a path stands for: a run folder stands for its `model/`.
 * @throws InputError for what is no folder, and for a run that has not come to its model yet
 */
export function modelFolder(path: string): string {
  const present = statSync(path, { throwIfNoEntry: false })
  if (!present?.isDirectory())
    throw new InputError(`--model ${path}: ${present ? 'it is a file' : 'no such folder'}`, {
      remedy: 'give a Hugging Face model folder, a run folder, or a name at the hub such as hub:owner/name',
    })
  const inside = join(path, 'model')
  if (existsSync(join(path, 'metrics.jsonl')) && !existsSync(inside))
    throw new InputError(`--model ${path}: this run has not finished`, {
      remedy: 'go on with its command and --resume',
    })
  return !existsSync(join(path, 'config.json')) && existsSync(join(inside, 'config.json')) ? inside : path
}
