import { at } from '../at.ts'
import {
  type BadRow,
  type DataOptions,
  defaultDataOptions,
  createUnreadTally,
  type Row,
  layoutOf,
  type Group,
  groupFromRow,
  responseMapper,
  type SourceRow,
  unreadColumns,
  type UnreadColumns,
} from '../data/index.ts'
import { type ErrorPhrases, FailureError, InputError, located, wholePhrase } from '../errors.ts'
import type { ScoreOptions } from '../evaluate/evaluate-options.ts'
import type { ScoreCut, ScoredGroup } from '../evaluate/scorer.ts'
import { type CutTally, createCutTally } from '../tokens/index.ts'
import { inCommandWords } from './words.ts'

/** The percentile of a reward. */
export type PercentileOf = (reward: number) => number

/** Scores groups, in order. */
export type ScoreGroups = (groups: readonly Group[]) => Promise<ScoredGroup[]>

/** What became of the rows. */
export interface ScoreCounts {
  readonly lines: number
  readonly failed: number
  readonly unread: UnreadColumns
  readonly cuts: Pick<CutTally, 'truncated' | 'cut'>
  /** The last cut, which says how long texts may be; null where nothing was cut. */
  readonly lastCut: ScoreCut | null
  /** Pairs whose responses became identical by the cut. */
  readonly identical: number
}

/** Rows that go to the model together: enough to fill micro-batches, few enough that the output keeps flowing. */
const rowsAtATime = 64

interface ReadRow {
  readonly source: SourceRow
  /** The row with the names of our layouts. */
  readonly row: Row
  readonly layout: ReturnType<typeof layoutOf>
  readonly group: Group
}

interface Failed {
  readonly id: string
  readonly error: ErrorPhrases
}

/**
 * Scores rows as they come and writes a JSON line for each, in order. The line is the original row with `reward` (one
 * response), `rewards` (a list of responses) or `chosen_reward`, `rejected_reward` and `reward_margin` (a pair) added.
 * `truncated: true` means that the model reads it cut. A row that fails becomes {id, error}. `--columns` says which
 * columns hold what, and `--roles` how roles are read; the output has their original names. With `percentileOf`, each
 * reward has its percentile beside it. A row that cannot be read, or that has no id, is called `line-N` or `row-N` in an error.
 */
export async function scoreRows(
  rows: AsyncIterable<SourceRow | BadRow>,
  scoreGroups: ScoreGroups,
  write: (text: string) => Promise<void>,
  {
    columns,
    roles,
    percentileOf,
  }: Pick<ScoreOptions, 'columns' | 'roles'> & { readonly percentileOf?: PercentileOf } = {},
  onProgress: (rows: number) => void = () => {},
): Promise<ScoreCounts> {
  const mapped = columns ? responseMapper(columns) : (row: Row) => row
  let count = 0
  let failed = 0
  let written = 0
  let lastCut: ScoreCut | null = null
  let identical = 0
  const cuts = createCutTally()
  const unread = createUnreadTally()
  let batch: (ReadRow | Failed)[] = []
  const flush = async () => {
    const readable = batch.filter((item): item is ReadRow => 'group' in item)
    const scored = (readable.length === 0 ? [] : await scoreGroups(readable.map(({ group }) => group))).values()
    let text = ''
    for (const item of batch) {
      const outcome = 'group' in item ? checked(scored.next().value) : item
      if ('error' in outcome) failed += 1
      else if (outcome.cut) {
        cuts.add({ truncated: true, cut: outcome.cut })
        identical += outcome.cut.identical
        lastCut = outcome.cut
      }
      text += `${JSON.stringify(lineOf(item, outcome, percentileOf))}\n`
    }
    written += batch.length
    batch = []
    await write(text)
    onProgress(written)
  }
  for await (const item of rows) {
    count += 1
    const readRow = read(item, mapped, { ...defaultDataOptions, roles })
    if ('group' in readRow) unread.add(unreadColumns(readRow.row, readRow.group, columns), readRow.group)
    batch.push(readRow)
    if (batch.length === rowsAtATime) await flush()
  }
  if (batch.length > 0) await flush()
  return { lines: count, failed, unread, cuts, lastCut, identical }
}

function read(item: SourceRow | BadRow, mapped: (row: Row) => Row, options: DataOptions): ReadRow | Failed {
  const unnamed = `${item.unit}-${item.number}`
  let id = unnamed
  try {
    if ('error' in item) throw new InputError(item.error, { remedy: item.remedy })
    const row = mapped(item.row)
    if (typeof row['id'] === 'string' || typeof row['id'] === 'number') id = String(row['id'])
    const layout = layoutOf(row)
    return { source: item, row, layout, group: groupFromRow(row, unnamed, options) }
  } catch (error) {
    if (error instanceof InputError) return { id, error: located(`${item.unit} ${item.number}`, error).phrases }
    throw error
  }
}

/** JSON has no NaN: a reward that is none is an error. */
function checked(scored: ScoredGroup | undefined): ScoredGroup {
  if (!scored) return { error: new FailureError('no reward came back').phrases }
  const bad = 'error' in scored ? undefined : scored.rewards.find((reward) => !Number.isFinite(reward))
  return bad === undefined ? scored : { error: new FailureError(`the reward is ${bad}; is the model damaged?`).phrases }
}

/** In the words of the command, which writes these rows for the person who typed it. */
const textOf = (error: ErrorPhrases): string => inCommandWords(wholePhrase(error))

/** The line to write for what was read and what became of it. */
function lineOf(
  item: ReadRow | Failed,
  outcome: ScoredGroup,
  percentileOf: PercentileOf | undefined,
): Readonly<Record<string, unknown>> {
  if (!('group' in item)) return { id: item.id, error: textOf(item.error) }
  const { layout, group } = item
  const { unit, number, row } = item.source
  if ('error' in outcome) return { id: group.id, error: `${unit} ${number}: ${textOf(outcome.error)}` }
  const { rewards, cut } = outcome
  const mark = cut && !('truncated' in row) ? { truncated: true } : {}
  const percentiles = percentileOf && rewards.map(percentileOf)
  if (layout.name === 'groups') return { ...row, rewards, ...(percentiles && { percentiles }), ...mark }
  if (layout.name === 'response')
    return { ...row, reward: rewards[0], ...(percentiles && { percentile: percentiles[0] }), ...mark }
  const [preference] = group.preferences
  const chosen = at(rewards, preference?.chosen ?? 0)
  const rejected = at(rewards, preference?.rejected ?? 1)
  const ofPair = percentileOf && {
    chosen_percentile: percentileOf(chosen),
    rejected_percentile: percentileOf(rejected),
  }
  return {
    ...row,
    chosen_reward: chosen,
    rejected_reward: rejected,
    reward_margin: chosen - rejected,
    ...ofPair,
    ...mark,
  }
}
