import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import type { HubClient } from './client.ts'
import { pageOf } from './faults.ts'
import type { RemoteFile } from './remote-file.ts'
import { parseHubName } from './hub-names.ts'
import { fetchFiles, openClient, openRepository, type Repository } from './repository.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'

/** What is read of a model beside its weights. */
const smallFiles =
  /^(?:(?:config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|rewardkit|reward_check|calibration)\.json|vocab\.txt|merges\.txt|tokenizer\.model|chat_template(?:\.original)?\.(?:jinja|json))$/
const weightsFile = 'model.safetensors'
const indexFile = 'model.safetensors.index.json'
const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) })
const pickles = /\.(?:bin|pt|pth|ckpt|pkl)$/

/** A model in the cache. */
export interface FetchedModel {
  /** A Hugging Face model folder. */
  readonly folder: string
  /** Its name with the commit in place of a branch: names the same bytes for ever. */
  readonly name: string
}

/**
 * Downloads the missing files of a model into the cache: configuration, tokenizer, chat template and weights as
 * safetensors. It does not fetch pickles, which can run code when they are opened.
 * @param name `owner/name[@revision]`
 * @throws as `resolveDataset`; InputError for a repository without such files
 */
export async function fetchModel(
  name: string,
  hooks: Hooks,
  settings: HubSettings = hubSettings(),
): Promise<FetchedModel> {
  const { repository: id, revision } = parseHubName(name, 'model')
  const client = openClient(settings, hooks)
  const repository = await openRepository(client, { kind: 'model', repository: id, revision: revision ?? 'main' })
  if (!repository.files.some((file) => file.path === 'config.json'))
    throw new InputError(`${id} has no config.json: transformers does not open it`, {
      remedy: `see ${pageOf(repository.place, settings)}`,
    })
  const weights = await weightFiles(client, repository)
  const files = [...repository.files.filter((file) => smallFiles.test(file.path)), ...weights]
  await fetchFiles(client, repository, files)
  const megabytes = files.reduce((sum, file) => sum + file.bytes, 0) / 1e6
  hooks.onEvent(
    logLine(
      `model ${id}: commit ${repository.commit}, ${files.length} files, ${megabytes.toFixed(1)} MB, in ${repository.folder}`,
    ),
  )
  return { folder: repository.folder, name: `${id.includes('/') ? '' : 'hf:'}${id}@${repository.commit}` }
}

/** model.safetensors, or its index and the files that it names. */
async function weightFiles(client: HubClient, repository: Repository): Promise<RemoteFile[]> {
  const { files, place, commit } = repository
  const find = (path: string) => files.filter((file) => file.path === path)
  const single = find(weightsFile)
  if (single.length > 0) return single
  const index = find(indexFile)
  const [indexPath] = await fetchFiles(client, repository, index)
  if (indexPath === undefined) {
    const pickle = files.find((file) => pickles.test(file.path))
    throw new InputError(
      `model ${place.repository} has no ${weightsFile}${pickle ? `, only pickles (${pickle.path}), which are never loaded: they can run code` : ` at commit ${commit}`}`,
      {
        remedy: pickle
          ? `look for a conversion among the pull requests of ${pageOf(place, client.settings)} and name it as @refs/pr/NUMBER, or convert the weights to safetensors`
          : 'name a model whose weights are stored as safetensors',
      },
    )
  }
  const shards = [...new Set(Object.values(readIndex(indexPath).weight_map))].sort()
  const missing = shards.find((path) => find(path).length === 0)
  if (missing !== undefined)
    throw new InputError(`model ${place.repository} has no file ${missing}, which its ${indexFile} names`, {
      remedy: 'name another revision',
    })
  return [...index, ...shards.flatMap(find)]
}

function readIndex(path: string): z.output<typeof indexSchema> {
  try {
    return indexSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw new InputError(`${path} cannot be read as an index of weights`, {
      remedy: 'name another revision',
      cause: error,
    })
  }
}
