import type { Row } from '../fields.ts'
import type { Phrase } from '../../phrase.ts'

/** One file of rows on this disk. */
export interface SourceFile {
  readonly path: string
  /** What messages call it. */
  readonly name: string
  /** What ids of rows begin with, where a source has several files: its path from what the user named, else the name. */
  readonly idName?: string
  /** For rows without a subset: the folder, if the files of a source are in several. */
  readonly subset?: string
}

/** Files in a fixed order that hold one set of rows. */
export interface Source {
  /** As the user named it. */
  readonly name: string
  readonly files: readonly SourceFile[]
  /** Where the files came from, if not from this disk: plain data for provenance. */
  readonly origin?: Readonly<Record<string, unknown>>
}

/** A row and its place in its file. */
export interface SourceRow {
  /** What the number counts: lines of a text, or rows. */
  readonly unit: 'line' | 'row'
  /** From 1. */
  readonly number: number
  readonly row: Row
}

/** A row that cannot be read, and why. */
export interface BadRow extends Pick<SourceRow, 'unit' | 'number'> {
  readonly error: string
  readonly remedy?: string | Phrase | undefined
}

/** Pieces of a file, one after the other. */
export type Bytes = AsyncIterable<Buffer>

/** Which split of a data set to take where its name says none: the first of these that it has, or its only one. */
export type SplitOrder = readonly string[]
