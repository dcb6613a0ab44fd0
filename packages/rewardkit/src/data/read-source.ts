import { at } from '../at.ts'
import { InputError, located } from '../errors.ts'
import { columnMapper } from './columns.ts'
import type { DataPart } from './data-set.ts'
import type { Row } from './fields.ts'
import { layoutNamed, layoutOf, isOwnLayout, recognisedLayout } from './layouts/index.ts'
import { isPresent, type Reading, type RowContext, type Layout, UnknownLayout } from './layouts/layout.ts'
import { createGathering, type Gathering } from './gathering.ts'
import { option, phrase, settings } from '../phrase.ts'
import type { Group } from './group.ts'
import { createKeptColumns } from './kept-columns.ts'
import type { DataOptions } from './data-options.ts'
import type { RowOptions } from './row-options.ts'
import { readRows, type SourceReading } from './sources/read-rows.ts'
import type { BadRow, Source, SourceFile, SourceRow } from './sources/source.ts'
import { createJudgements, type Judgements, UnknownJudgement } from './tables/judgements.ts'
import { withAllValues, withProposal } from './tables/values.ts'
import { unreadColumns } from './unread-columns.ts'

/** One group of a row, and what was left out of it. */
export interface ReadGroup {
  /** File and line or row. */
  readonly place: string
  /** Without what was left out; undefined where no preference remains. */
  readonly group: Group | undefined
  /**
   * A reason for each preference, or row, that was left out: a `DropReason`, `unreadable`, or one that belongs to an
   * option, such as `tie` or `subset`.
   */
  readonly dropped: readonly string[]
  /** The layout of the row; undefined where it could not be read. */
  readonly layout?: Layout
  /** For a skipped row: what is wrong with it, with file and line. */
  readonly error?: InputError
  /** Preferences that were turned round, since their probability was below 0.5. */
  readonly turned?: number
  /** In a mixture: the part that the row is of. */
  readonly part?: string
  /** Columns of the row that its layout did not read. */
  readonly unread?: readonly string[]
}

/** The groups of a source, as its rows have them. */
export async function* readSource(
  { source, options }: DataPart,
  table: Layout | undefined,
  judgements: Judgements,
  reading: SourceReading,
): AsyncGenerator<ReadGroup> {
  const mapped = options.columns === undefined ? undefined : columnMapper(options.columns)
  let known: Layout | undefined = options.dataFormat === 'auto' ? undefined : layoutNamed(options.dataFormat)
  let hasRead = false
  const gathering = createGathering()
  const isRead = createKeptColumns()
  const unnoted = createJudgements(options)
  try {
    for (const [fileIndex, file] of source.files.entries())
      for await (const item of readRows(file, reading)) {
        const place = placeOf(file, item)
        try {
          if ('error' in item) throw new InputError(item.error, { remedy: item.remedy })
          const row = mapped ? mapped(item.row) : item.row
          const layout = layoutFor(row, known, options, table)
          known ??= layout
          const context = { defaultId: defaultId(source.files.length, file, item), options, judgements }
          if (layout.gather) {
            const key = `${file.subset ?? ''}\n${layout.gather.key(row, context)}`
            gathering.add(key, { place, defaultId: context.defaultId, file: fileIndex, row })
            hasRead = true
            continue
          }
          const read = layout.read(row, context)
          hasRead = true
          const isExact = isOwnLayout(layout) || layout === table
          const again = { ...context, judgements: unnoted }
          for (const outcome of outcomes(read, file, row, options)) {
            // A layout of others may keep in meta what it reads.
            const unread = outcome.unread?.filter((column) => isExact || !isRead(layout, row, column, again))
            yield { place, layout, ...outcome, ...(unread && { unread }) }
          }
        } catch (error) {
          if (error instanceof UnknownLayout && options.onError === 'stop')
            throw await withProposal(error, place, source, options)
          if (error instanceof UnknownJudgement) throw await withAllValues(error, place, source, options)
          yield refused(error, place, options, hasRead)
        }
      }
    if (known?.gather) yield* gatheredGroups(gathering, known, known.gather, source, { options, judgements })
  } finally {
    gathering.close()
  }
}

/** The groups of rows that were gathered, each at the place of its first row. */
function* gatheredGroups(
  gathering: Gathering,
  layout: Layout,
  gather: NonNullable<Layout['gather']>,
  { files }: Source,
  { options, judgements }: Omit<RowContext, 'defaultId'>,
): Generator<ReadGroup> {
  for (const { rows, total } of gathering.groups(gather.most)) {
    const [first] = rows
    if (!first) continue
    const file = at(files, first.file)
    const { place, defaultId: id, row } = first
    try {
      const context = { defaultId: id, options, ...(judgements && { judgements }) }
      const read = gather.read(
        rows.map((one) => one.row),
        context,
        total,
      )
      for (const outcome of outcomes(read, file, row, options, gather.columns)) yield { place, layout, ...outcome }
    } catch (error) {
      yield refused(error, place, options, true)
    }
  }
}

/**
 * Stops, or counts what could not be read. Skipping rows does not help if none could be read so far, unless a number is
 * wrong: then other columns or another layout would not help.
 */
function refused(error: unknown, place: string, { onError }: RowOptions, hasRead: boolean): ReadGroup {
  if (!(error instanceof InputError)) throw error
  const problem = located(place, error)
  if (onError === 'stop')
    throw new InputError(problem.phrases.problem, {
      remedy:
        problem.phrases.remedy ??
        (hasRead || problem.about?.kind === 'number'
          ? phrase`${settings({ onError: 'skip' })} leaves such rows out`
          : phrase`no row before it could be read: check the layout (${option('dataFormat')}) and the columns (${option('columns')})`),
      cause: error,
    })
  return { place, group: undefined, dropped: ['unreadable'], error: problem }
}

function placeOf({ name }: SourceFile, { unit, number }: SourceRow | BadRow): string {
  return `${name}, ${unit} ${number}`
}

function defaultId(files: number, { name, idName }: SourceFile, { unit, number }: SourceRow | BadRow): string {
  return files === 1 ? `${unit}-${number}` : `${idName ?? name}:${unit}-${number}`
}

/**
 * The layout of a row. If none is requested, all rows of a source have that of the first, except our own layouts, which
 * may be mixed. If you say which columns hold the responses, you want one of these, whatever else is there.
 */
function layoutFor(
  row: Row,
  known: Layout | undefined,
  { dataFormat, columns }: DataOptions,
  table: Layout | undefined,
): Layout {
  if (known && (dataFormat !== 'auto' || (!isOwnLayout(known) && known.recognises(row)))) return known
  if (table) return table
  const isMapped = columns?.some((text) => /^(chosen|rejected|responses?)=/.test(text)) ?? false
  const layout = isMapped ? layoutOf(row) : recognisedLayout(row)
  if (!known || layout === known || (isOwnLayout(known) && isOwnLayout(layout))) return layout
  throw new InputError(`the row looks like ${layout.name}, those before like ${known.name}`, {
    remedy: phrase`put them into separate files, or name the layout with ${option('dataFormat')}`,
  })
}

function* outcomes(
  read: Reading,
  { subset }: SourceFile,
  row: Row,
  { columns }: RowOptions,
  own?: readonly string[],
): Generator<Pick<ReadGroup, 'group' | 'dropped' | 'unread'>> {
  for (const group of 'skipped' in read || 'promptId' in read ? [read] : read) {
    if ('skipped' in group) {
      yield { group: undefined, dropped: [group.skipped] }
      continue
    }
    if (group.preferences.length === 0)
      throw new UnknownLayout(
        'no preference; expected "chosen" and "rejected"; use score for rewards of single responses',
      )
    yield {
      group: group.subset === undefined && subset !== undefined ? { ...group, subset } : group,
      dropped: [],
      unread: own ? presentBut(own, row) : unreadColumns(row, group, columns),
    }
  }
}

/** The columns of a row with a value that are none of these. */
const presentBut = (own: readonly string[], row: Row): string[] =>
  Object.keys(row).filter((column) => !own.includes(column) && isPresent(row, column) && row[column] !== '')
