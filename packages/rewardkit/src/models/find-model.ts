import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FailureError, InputError, RewardKitError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { type FetchedModel, fetchModel, hasHubPrefix, isHubName } from '../hub/index.ts'
import { option, phrase, settings } from '../phrase.ts'

/**
 * The model that `--model` means: a local folder if there is one of that name, otherwise a model on the Hugging Face
 * hub. It is downloaded if it is not in the cache.
 * @returns its folder, and the name to write down: a local path as given, a name at the hub with its commit
 * @throws as `modelFolder` and `fetchModel`
 */
export async function findModel(model: string, hooks: Hooks): Promise<FetchedModel> {
  if (existsSync(model) || !isHubName(model)) return { folder: modelFolder(model), name: model }
  if (hasHubPrefix(model)) return fetchModel(model, hooks)
  hooks.onEvent(logLine(phrase`${option('model')} ${model}: no such folder here, so it is taken as hub:${model}`))
  try {
    return await fetchModel(model, hooks)
  } catch (error) {
    const Kind = [InputError, FailureError].find((kind) => error instanceof kind)
    if (!Kind || !(error instanceof RewardKitError)) throw error
    throw new Kind(phrase`${option('model')} ${model} (no folder here): ${error.phrases.problem}`, {
      remedy: error.phrases.remedy,
      cause: error,
    })
  }
}

/**
 * The model folder that a path means; for a run folder, its `model/`.
 * @throws InputError if it is not a folder, and for a run that has no model yet
 */
export function modelFolder(path: string): string {
  const present = statSync(path, { throwIfNoEntry: false })
  if (!present?.isDirectory())
    throw new InputError(phrase`${option('model')} ${path}: ${present ? 'it is a file' : 'no such folder'}`, {
      remedy: 'give a Hugging Face model folder, a run folder, or a name on the hub such as hub:owner/name',
    })
  const inside = join(path, 'model')
  if (existsSync(join(path, 'metrics.jsonl')) && !existsSync(inside))
    throw new InputError(phrase`${option('model')} ${path}: this run has not finished`, {
      remedy: phrase`finish it first: run it again with ${settings({ resume: true })}`,
    })
  return !existsSync(join(path, 'config.json')) && existsSync(join(inside, 'config.json')) ? inside : path
}
