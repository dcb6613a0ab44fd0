import type { DataOptions } from './data-options.ts'
import type { Source } from './sources/source.ts'

/** What a part gives to a mixture. */
export interface PartShare {
  readonly weight?: number | undefined
  readonly cap?: number | undefined
  /** Usable rows that it has, and how many are taken, if that was counted. */
  readonly rows?: number | undefined
  readonly taken?: number | undefined
}

/** Rows of one source, and how they are read. */
export interface DataPart {
  readonly source: Source
  readonly options: DataOptions
  /** In a mixture: what the part is called. It becomes the subset of its groups, in front of their own. */
  readonly name?: string
  /** In a mixture: plain texts of this part are read as turns, whatever the others are. */
  readonly plainTexts?: 'messages' | undefined
  /** In a mixture: how it was asked for, and what came of it. */
  readonly share?: PartShare
  /** In a mixture: whether the n-th group that is usable (from 0) is taken. All are without it. */
  readonly takes?: (index: number) => boolean
}

/** Preference data that can be read as often as needed. */
export interface DataSet {
  /** What messages call it: as the user named it. */
  readonly name: string
  /** The file that holds the rows, where messages call them otherwise: rows that a program gave. */
  readonly path?: string
  readonly parts: readonly DataPart[]
  /** In a mixture that was written down: its YAML file, which decides what is read like the rows themselves. */
  readonly mixtureFile?: string
  /** Of a mixture. */
  readonly mixture?: { readonly seed: number; readonly total?: number | undefined }
}
