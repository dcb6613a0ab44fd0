import { readFileSync } from 'node:fs'
import type { Hooks } from '../events.ts'
import { readCard, type SplitSize } from './card.ts'
import { parseHubName } from './hub-names.ts'
import { type HubSettings, hubSettings } from './hub-settings.ts'
import { fetchFiles, openClient, openRepository } from './repository.ts'

/**
 * Fetches the config.json of a model, and nothing else of it.
 * @returns the folder in the cache that holds it
 * @throws as `fetchModel`
 */
export async function fetchModelConfig(
  name: string,
  hooks: Hooks,
  settings: HubSettings = hubSettings(),
): Promise<string> {
  const { repository: id, revision } = parseHubName(name, 'model')
  const client = openClient(settings, hooks)
  const repository = await openRepository(client, { kind: 'model', repository: id, revision: revision ?? 'main' })
  await fetchFiles(
    client,
    repository,
    repository.files.filter((file) => file.path === 'config.json'),
  )
  return repository.folder
}

/**
 * The rows and bytes of a split as the card of a data set says them (`dataset_info`); null where it does not. Fetches
 * README.md alone.
 * @param splits to take where the name says none: the first of them that the card has
 * @throws as `resolveDataset`
 */
export async function fetchSplitSize(
  name: string,
  splits: readonly string[],
  hooks: Hooks,
  settings: HubSettings = hubSettings(),
): Promise<SplitSize | null> {
  const wanted = parseHubName(name, 'dataset')
  const client = openClient(settings, hooks)
  const place = { kind: 'dataset', repository: wanted.repository, revision: wanted.revision ?? 'main' } as const
  const repository = await openRepository(client, place)
  const readme = repository.files.filter((file) => file.path === 'README.md')
  const [path] = await fetchFiles(client, repository, readme)
  const { sizes } = readCard(path === undefined ? null : readFileSync(path, 'utf8'), wanted.repository)
  const configs = new Set(sizes.map(({ config }) => config))
  const config = wanted.config ?? (configs.has('default') || configs.size > 1 ? 'default' : [...configs][0])
  const ofConfig = sizes.filter((size) => size.config === config)
  const order = wanted.split === null ? splits : [wanted.split]
  return order.flatMap((split) => ofConfig.filter((size) => size.split === split))[0] ?? null
}
