/** Pieces of a text in turn: what only this response says, what both say, what only this one says, ... */
export type Pieces = readonly string[]

/** The pairs of a run inside a page, in columns: entry i of each belongs to pair i. Null is unknown. */
export interface RunPairs {
  readonly name: string
  /** Pairs that the run has; the page may hold fewer. */
  readonly of: number
  readonly subsets: readonly string[]
  readonly reasons: readonly string[]
  /** What is suspicious about pairs; the first is nothing. */
  readonly suspicions: readonly string[]
  readonly columns: {
    readonly id: readonly string[]
    /** Index into `subsets`; -1 for none. */
    readonly subset: readonly number[]
    /** Index into `reasons`. */
    readonly reason: readonly number[]
    /** Index into `suspicions`. */
    readonly suspicion: readonly number[]
    readonly margin: readonly (number | null)[]
    readonly chosen: readonly (number | null)[]
    readonly rejected: readonly (number | null)[]
    /** Absent where no pair has one. */
    readonly annotated?: readonly (number | null)[]
    /** Tokens of the chosen sequence less those of the rejected one. */
    readonly longer?: readonly (number | null)[]
  }
  /** Prompt, chosen and rejected; null where the run has not kept them. */
  readonly texts: readonly (readonly [prompt: string, chosen: Pieces, rejected: Pieces] | null)[]
}

/** What the script of a page reads: gzipped JSON in base64. */
export type PagePairs = readonly RunPairs[]
