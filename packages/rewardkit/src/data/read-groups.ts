import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { InputError, located } from '../errors.ts'
import { asTurns } from './build.ts'
import { columnMapper } from './columns.ts'
import type { DataPart, DataSet } from './data-set.ts'
import { degenerate } from './degenerate.ts'
import type { Row } from './fields.ts'
import { layoutNamed, layoutOf, isOwnLayout, recognisedLayout } from './layouts/index.ts'
import { isPresent, type Reading, type RowContext, type Layout, UnknownLayout } from './layouts/layout.ts'
import { createGathering, type Gathering } from './gathering.ts'
import { type Notice, noticeAt, warning } from '../events.ts'
import { option, type Phrase, phrase, settings } from '../phrase.ts'
import type { Group, Preference } from './group.ts'
import { createKeptColumns } from './kept-columns.ts'
import { createNumbering, type Numbering } from './numbering.ts'
import type { DataOptions } from './data-options.ts'
import type { RowOptions } from './row-options.ts'
import { isTie, upright } from './probability.ts'
import { createReading, readRows, type SourceReading } from './sources/read-rows.ts'
import type { BadRow, Source, SourceFile, SourceRow } from './sources/source.ts'
import { createSubsetWatch } from './subsets.ts'
import { tableLayout } from './tables/index.ts'
import { createJudgements, type Judgements, UnknownJudgement } from './tables/judgements.ts'
import { judgementNotes } from './tables/judgement-notes.ts'
import { withAllValues, withProposal } from './tables/values.ts'
import { createVerdictWatch } from './tables/unread-verdicts.ts'
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

/**
 * Streams the groups of preference data in bounded memory, in the order of the files. Ids are unique: one that appeared
 * before is followed by `@line-N`.
 *
 * @param tell what there is to say of the reading as a whole, when it ends
 * @throws InputError in one line with file, line or row, field, what was found and what was expected.
 */
export async function* readGroups(data: DataSet, tell: (told: Notice) => void = () => {}): AsyncGenerator<ReadGroup> {
  const ids = createNumbering()
  const subsets = createSubsetWatch()
  for (const part of data.parts) {
    const count = countPairs(part.options)
    const ofPart = createSubsetWatch()
    let index = 0
    let found = 0
    let userLast = 0
    try {
      for await (const item of readPart(part, tell)) {
        if (!item.group) {
          yield item
          continue
        }
        for (const watch of [subsets, ofPart]) watch.add(item.group, part.options)
        const { group, dropped, turned } = checked(item.group, part.options, count)
        if (group) found += 1
        if (group && part.takes && !part.takes(index++)) continue
        for (const preference of group?.preferences ?? []) if (group && endsWithUser(group, preference)) userLast += 1
        yield {
          ...item,
          ...(part.name !== undefined && { part: part.name }),
          turned,
          dropped: [...item.dropped, ...dropped],
          group: group && {
            ...withSubset(part.plainTexts ? asTurns(group) : group, part),
            id: uniqueId(group.id, item.place, ids),
          },
        }
      }
    } finally {
      // Also where nobody wants the rest.
      if (userLast > 0) tell(warning(phrase`${part.source.name}: ${userLastMessage(userLast)}`))
    }
    if (found === 0) ofPart.refuseUnknown(part.source.name)
    if (found === 0 && part.name !== undefined)
      throw new InputError(`${data.name}: no row of ${part.name} is usable`, {
        remedy: 'look at it with data inspect, and at the options of the part',
      })
  }
  // A part that is counted separately need not have them all.
  if (data.parts.length > 1 || data.parts[0]?.name === undefined) subsets.refuseUnknown(data.name)
}

/** The groups of one part as its rows tell them. */
async function* readPart(part: DataPart, tell: (told: Notice) => void): AsyncGenerator<ReadGroup> {
  const { source, options } = part
  const judgements = createJudgements(options)
  const table = tableLayout(judgements.named, options)
  const reading = createReading(options)
  const verdicts = createVerdictWatch(options)
  let failed = false
  try {
    for await (const item of readSource(part, table, judgements, reading)) {
      verdicts.add(item)
      yield item
    }
  } catch (error) {
    failed = true
    throw error
  } finally {
    // Also where nobody wants the rest.
    if (!failed) {
      const notes = [...reading.notes.told(), ...judgementNotes(judgements, table?.name), ...verdicts.notes()]
      for (const note of notes) tell(noticeAt(source.name, note))
    }
  }
}

async function* readSource(
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

/** Stops, or counts what could not be read. Skipping rows does not help if none could be read so far. */
function refused(error: unknown, place: string, { onError }: RowOptions, hasRead: boolean): ReadGroup {
  if (!(error instanceof InputError)) throw error
  const problem = located(place, error)
  if (onError === 'stop')
    throw new InputError(problem.phrases.problem, {
      remedy:
        problem.phrases.remedy ??
        (hasRead || isAboutNumber(problem)
          ? phrase`${settings({ onError: 'skip' })} leaves such rows out`
          : phrase`no row before it could be read: check the layout (${option('dataFormat')}) and the columns (${option('columns')})`),
      cause: error,
    })
  return { place, group: undefined, dropped: ['unreadable'], error: problem }
}

/** A number that is none, or out of its range: other columns or another layout would not help. */
const isAboutNumber = ({ problem }: InputError): boolean =>
  /^.*: found (text|number) .*, expected a( finite)? number/.test(problem)

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
        'no preference; expected "chosen" and "rejected"; rewards of single responses are what score is for',
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

/** In a mixture the name of the part is the subset, in front of the group's own. */
function withSubset(group: Group, { name }: DataPart): Group {
  if (name === undefined) return group
  return { ...group, subset: group.subset === undefined ? name : `${name}/${group.subset}` }
}

function uniqueId(id: string, place: string, known: Numbering): string {
  const count = known.size
  const isNew = known.numberOf(id) === count
  const [, unit = 'row', number = ''] = / (line|row) (\d+)$/.exec(place) ?? []
  return isNew ? id : uniqueId(`${id}@${unit}-${number}`, place, known)
}

/** Counts the pairs of each prompt if they are limited; says whether one more is wanted. */
function countPairs({ pairsPerPrompt }: RowOptions): (promptId: string) => boolean {
  if (pairsPerPrompt === undefined) return () => true
  const prompts = createNumbering()
  const counts: number[] = []
  return (promptId) => {
    const prompt = prompts.numberOf(promptId)
    counts[prompt] = (counts[prompt] ?? 0) + 1
    return counts[prompt] <= pairsPerPrompt
  }
}

/**
 * Splits off the preferences that are unusable or not wanted, and swaps chosen and rejected of those with a probability
 * below 0.5.
 */
function checked(
  group: Group,
  options: RowOptions,
  isWanted: (promptId: string) => boolean,
): { group: Group | undefined; dropped: string[]; turned: number } {
  const { subsets, ties, lastTurnUser } = options
  const dropped: string[] = []
  let turned = 0
  const isOfSubset = subsets === undefined || (group.subset !== undefined && subsets.includes(group.subset))
  const preferences = group.preferences.flatMap((preference) => {
    let reason: string | undefined = isOfSubset ? degenerate(group, preference) : 'subset'
    if (reason === undefined && ties === 'drop' && isTie(preference)) reason = 'tie'
    if (reason === undefined && lastTurnUser === 'drop' && endsWithUser(group, preference)) reason = 'user_last'
    if (reason === undefined && !isWanted(group.promptId)) reason = 'pairs_per_prompt'
    if (reason !== undefined) {
      dropped.push(reason)
      return []
    }
    const standing = upright(preference, options)
    if (standing.chosen !== preference.chosen) turned += 1
    return [standing]
  })
  const isSame = preferences.every((preference, index) => preference === group.preferences[index])
  if (isSame && dropped.length === 0) return { group, dropped, turned }
  return { group: preferences.length === 0 ? undefined : { ...group, preferences }, dropped, turned }
}

/** Whether a response of the pair ends with a turn of the user. Transcripts too; plain texts have no turns. */
function endsWithUser({ responses }: Group, { chosen, rejected }: Preference): boolean {
  return [chosen, rejected].some((index) => responses[index]?.at(-1)?.role === 'user')
}

const userLastMessage = (pairs: number): Phrase =>
  phrase`${counted(pairs, 'pair')} end${pairs === 1 ? 's' : ''} with the user's turn, where the reward is read; ${settings({ lastTurnUser: 'drop' })} leaves such pairs out`
