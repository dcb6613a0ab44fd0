import { InputError, wholePhrase } from '../../errors.ts'
import type { Hooks } from '../../events.ts'
import { joinPhrases, phrase } from '../../phrase.ts'
import { skippedRecord } from '../skipped-rows.ts'
import type { DataSet } from '../data-set.ts'
import { openData } from '../open-data.ts'
import type { LayoutName } from '../layouts/layout-list.ts'
import type { Group } from '../group.ts'
import type { DataOptions } from '../data-options.ts'
import { trainingSplits } from '../sources/open-source.ts'
import { checkOutputs, createGroupWriter, type GroupWriter, type OutputCounts } from './output.ts'
import { provenanceOf, writeProvenance } from './provenance.ts'
import { count, countedGroups, noCounts, type ReadCounts } from './reading.ts'

/** What a step read, left out and wrote. */
export interface TransformResult {
  readonly read: ReadCounts
  readonly removed: Readonly<Record<string, number>>
  readonly outputs: readonly OutputCounts[]
  /** The file that says where the output came from. */
  readonly provenance: string
}

/**
 * What becomes of a group: it is written, unchanged or changed, or left out for a reason; parts of it may be counted.
 */
export type Verdict =
  { readonly keep: Group; readonly removed?: readonly string[] } | { readonly removed: readonly string[] }

/** Decides what becomes of the groups of a step, one after the other. */
export interface Judge {
  verdict(group: Group): Verdict
  /** Called after the last group, before the output gets its name. Throws InputError where nothing must be written. */
  atEnd?(): void
}

/** Keeps every group unchanged. */
export const keepAll: Judge = { verdict: (group) => ({ keep: group }) }

/**
 * The common step: reads data once, and writes what `judge` keeps to one file, with its provenance beside it.
 * @throws InputError for what is wrong with the data or the place; Interrupted on request
 */
export async function transform(
  step: string,
  options: DataOptions & { readonly data: string; readonly out: string; readonly to?: LayoutName | undefined },
  hooks: Hooks,
  judge: Judge,
): Promise<TransformResult> {
  const data = await openData(options.data, options, trainingSplits, hooks)
  return transformData(step, data, options, hooks, judge)
}

/** The same for data that are open. */
export async function transformData(
  step: string,
  data: DataSet,
  options: Readonly<Record<string, unknown>> & { readonly out: string; readonly to?: LayoutName | undefined },
  hooks: Hooks,
  judge: Judge,
): Promise<TransformResult> {
  const read = noCounts()
  const removed: Record<string, number> = {}
  checkOutputs([options.out], [data])
  const writer = createGroupWriter(options.out, options.to)
  try {
    for await (const group of countedGroups(data, read, hooks)) {
      const verdict = judge.verdict(group)
      for (const reason of verdict.removed ?? []) count(removed, reason)
      if ('keep' in verdict) await writer.write(verdict.keep)
    }
    judge.atEnd?.()
    if (writer.groups() === 0) throw nothingLeft(data.name, read, removed)
    return await finish(
      step,
      [data],
      options,
      { read, removed },
      {
        writers: [writer],
        provenance: provenanceOf(options.out),
      },
    )
  } finally {
    writer.discard()
  }
}

/** Nothing that could be written came through a step. */
export class NothingLeft extends InputError {}

function nothingLeft(
  name: string,
  { dropped, skipped }: ReadCounts,
  removed: Readonly<Record<string, number>>,
): NothingLeft {
  const counts = Object.entries({ ...dropped, ...removed }).map(([reason, number]) => `${number} ${reason}`)
  if (counts.length === 0) return new NothingLeft(`${name}: there is no row`, { remedy: 'look into the file' })
  return new NothingLeft(`${name}: no row is left to write (${counts.join(', ')})`, {
    remedy:
      skipped.count === 0
        ? 'look at the reasons and the options that cause them'
        : phrase`the first unreadable row: ${joinPhrases(skipped.first.slice(0, 1).map(wholePhrase), '')}`,
  })
}

/** Commits the outputs of a step and writes its provenance. */
export async function finish(
  step: string,
  data: readonly DataSet[],
  options: Readonly<Record<string, unknown>>,
  counts: Pick<TransformResult, 'read' | 'removed'>,
  { writers, provenance }: { readonly writers: readonly GroupWriter[]; readonly provenance: string },
): Promise<TransformResult> {
  const outputs: OutputCounts[] = []
  for (const writer of writers) outputs.push(await writer.commit())
  const read = { ...counts.read, skipped: skippedRecord(counts.read.skipped) }
  await writeProvenance(provenance, data, { step, options, ...counts, read, outputs })
  return { ...counts, outputs, provenance }
}
