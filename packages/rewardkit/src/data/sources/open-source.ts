import type { Hooks } from '../../events.ts'
import type { Source } from './source.ts'

/** Which split of a data set to take where its name says none: the first of these that it has, or its only one. */
export type SplitOrder = readonly string[]

/** What training reads by default. */
export const trainingSplits: SplitOrder = ['train']
/** What an evaluation reads by default. */
export const evaluationSplits: SplitOrder = ['test', 'validation']

/**
 * Finds the files that a name stands for.
 * @param name a file
 * @throws InputError where there is none
 */
export async function openSource(name: string, _splits: SplitOrder, _hooks: Hooks): Promise<Source> {
  return { name, files: [{ path: name, name }] }
}
