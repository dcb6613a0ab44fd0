/**
 * Data sets and models by their names at the Hugging Face hub, in the cache that the Python library huggingface_hub
 * uses, too. Needs no set-up.
 */
export { type HubDataset, type HubDatasetOptions, type HubOrigin, resolveDataset } from './dataset.ts'
export { HubUnavailable } from './faults.ts'
export { type FetchedModel, fetchModel } from './fetch-model.ts'
export { fetchModelConfig, fetchSplitSize } from './metadata.ts'
export { type HubName, hasHubPrefix, isHubName, parseHubName } from './hub-names.ts'
export { type HubSettings, hubSettings } from './hub-settings.ts'
