import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'
import { asTurns } from './build.ts'
import type { DataPart, DataSet } from './data-set.ts'
import { degenerate } from './degenerate.ts'
import { type Notice, noticeAt, warning } from '../events.ts'
import { command, type Phrase, phrase, settings } from '../phrase.ts'
import type { Group, Preference } from './group.ts'
import { createNumbering, type Numbering } from './numbering.ts'
import type { RowOptions } from './row-options.ts'
import { isTie, upright } from './probability.ts'
import { createReading } from './sources/read-rows.ts'
import { createSubsetWatch } from './subsets.ts'
import { tableLayout } from './tables/index.ts'
import { createJudgements } from './tables/judgements.ts'
import { judgementNotes } from './tables/judgement-notes.ts'
import { createVerdictWatch } from './tables/unread-verdicts.ts'
import { type ReadGroup, readSource } from './read-source.ts'

/**
 * Streams the groups of preference data in bounded memory, in the order of the files. Ids are unique: one that appeared
 * before is followed by `@line-N`.
 *
 * @param onNotice called when the reading ends, with what there is to say about all of it
 * @throws InputError in one line with file, line or row, field, what was found and what was expected.
 */
export async function* readGroups(
  data: DataSet,
  onNotice: (notice: Notice) => void = () => {},
): AsyncGenerator<ReadGroup> {
  const ids = createNumbering()
  const subsets = createSubsetWatch()
  for (const part of data.parts) {
    const count = countPairs(part.options)
    const ofPart = createSubsetWatch()
    let index = 0
    let found = 0
    let userLast = 0
    try {
      for await (const item of readPart(part, onNotice)) {
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
      if (userLast > 0) onNotice(warning(phrase`${part.source.name}: ${userLastMessage(userLast)}`))
    }
    if (found === 0) ofPart.refuseUnknown(part.source.name)
    if (found === 0 && part.name !== undefined)
      throw new InputError(`${data.name}: no row of ${part.name} is usable`, {
        remedy: phrase`look at it with ${command('data inspect')}, and at the options of the part`,
      })
  }
  // A part that is counted separately need not have them all.
  if (data.parts.length > 1 || data.parts[0]?.name === undefined) subsets.refuseUnknown(data.name)
}

/** The groups of one part, as its rows have them. */
async function* readPart(part: DataPart, onNotice: (notice: Notice) => void): AsyncGenerator<ReadGroup> {
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
      const notes = [...reading.notes.list(), ...judgementNotes(judgements, table?.name), ...verdicts.notes()]
      for (const note of notes) onNotice(noticeAt(source.name, note))
    }
  }
}

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
