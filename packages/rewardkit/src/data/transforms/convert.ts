import { type Hooks, silentHooks } from '../../events.ts'
import type { ConvertOptions } from './transform-options.ts'
import { keepAll, type TransformResult, transform } from './transform.ts'

/**
 * Writes preference data in another layout or kind of file. What the target cannot hold is counted (`lost`).
 * @throws InputError for what is wrong with the data, and where the layout cannot hold a group at all
 */
export const convertData = (options: ConvertOptions, hooks: Hooks = silentHooks): Promise<TransformResult> =>
  transform('data convert', options, hooks, keepAll)
