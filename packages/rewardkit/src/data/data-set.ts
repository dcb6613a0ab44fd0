import type { Hooks } from '../events.ts'
import type { DataOptions } from './options.ts'
import { openSource, type SplitOrder } from './sources/open-source.ts'
import type { Source } from './sources/source.ts'

/** Rows of one source, and how they are read. */
export interface DataPart {
  readonly source: Source
  readonly options: DataOptions
  /** In a mixture: what the part is called. It becomes the subset of its groups, in front of their own. */
  readonly name?: string
  /** In a mixture: whether the n-th group that is of use (from 0) is taken. All are without it. */
  readonly takes?: (index: number) => boolean
}

/** Preference data that are ready to be read, as often as need be. */
export interface DataSet {
  /** As the user named it. */
  readonly name: string
  readonly parts: readonly DataPart[]
}

/**
 * Finds the data that a name stands for.
 * @param splits which split to take where the name says none
 * @throws InputError where there is no such file
 */
export async function openData(name: string, options: DataOptions, splits: SplitOrder, hooks: Hooks): Promise<DataSet> {
  return { name, parts: [{ source: await openSource(name, splits, hooks), options }] }
}
