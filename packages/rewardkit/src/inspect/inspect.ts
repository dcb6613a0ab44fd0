import { statSync } from 'node:fs'
import { at } from '../at.ts'
import { InputError, Interrupted, wholePhrase } from '../errors.ts'
import { type Hooks, logLine, silentHooks, warning } from '../events.ts'
import { sha256File } from '../hashes.ts'
import { joinPhrases, option, phrase } from '../phrase.ts'
import { openData } from '../data/open-data.ts'
import { charactersOf, messageText } from '../data/build.ts'
import type { Group, Message, Preference } from '../data/group.ts'
import { readGroups } from '../data/read-groups.ts'
import { createRoleTally } from '../data/roles.ts'
import { countSkipped, createSkippedRows, skippedRecord } from '../data/skipped-rows.ts'
import { trainingSplits } from '../data/sources/open-source.ts'
import { createUnreadTally, missingPromptMessage } from '../data/unread-columns.ts'
import { createLanguages, type Languages } from './languages.ts'
import { countLonger, type LongerCounts, noLonger, shareLonger } from './longer.ts'
import type { InspectOptions } from './inspect-options.ts'
import { createRepeats, type Repeats } from './repeats.ts'
import { createSample } from './sample.ts'
import { createSeries, type Distribution, type Series } from './series.ts'
import type { TokenCounts, TokenExample } from './tokens.ts'

/** What is in a set of preference data. Plain data, as `--json` prints it. */
export interface Inspection extends Repeats {
  readonly schema_version: 1
  readonly data: string
  readonly files: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[]
  /** Rows that were read; null where a layout makes one group of several. */
  readonly rows: number | null
  readonly groups: number
  readonly pairs: number
  /** The layouts that were recognised. */
  readonly formats: readonly string[]
  /** What was left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Rows that could not be read and were skipped: how many, and the first of them. */
  readonly skipped: ReturnType<typeof skippedRecord>
  /** Columns that no layout reads, with the rows in which each has a value: they stay in meta, and no model sees them. */
  readonly columns_not_read: Readonly<Record<string, number>>
  /** Pairs by the form of their texts. */
  readonly forms: Readonly<Record<string, number>>
  readonly responses_per_group: Distribution | null
  /** Messages of the assistant in prompt and chosen response, a number a pair. */
  readonly turns: Distribution | null
  /** Annotated margins; `distribution.count` pairs have one. */
  readonly margins: { readonly distribution: Distribution | null; readonly negative: number; readonly zero: number }
  readonly probabilities: Distribution | null
  readonly weights: Distribution | null
  /** Pairs with probability 0.5, and those that were left out as ties. */
  readonly ties: { readonly kept: number; readonly dropped: number }
  /** Pairs that were turned round, since their probability was below 0.5. */
  readonly turned: number
  /** In characters: Unicode code points of all messages. */
  readonly characters: {
    readonly prompt: Distribution | null
    readonly chosen: Distribution | null
    readonly rejected: Distribution | null
    readonly longer: LongerCounts
  }
  readonly subsets: Readonly<Record<string, { readonly pairs: number; readonly longer_share: number | null }>>
  readonly languages: Languages
  readonly tokens: TokenCounts | null
  readonly seed: number
  readonly examples: readonly Example[]
  readonly token_examples: readonly TokenExample[]
}

/** One pair for people to read. */
export interface Example {
  readonly id: string
  readonly subset: string | null
  readonly margin: number | null
  readonly prompt: string
  readonly chosen: string
  readonly rejected: string
}

/** Rows between two signs of life. */
const rowsBetweenEvents = 50_000

/**
 * Looks through preference data from end to end, once, and describes them; keeps numbers, hashes and samples only.
 * @throws InputError for what is wrong with the data, or where nothing is usable; Interrupted on request
 */
export async function inspectData(options: InspectOptions, hooks: Hooks = silentHooks): Promise<Inspection> {
  const { model, seed, limit = Infinity } = options
  if (options.showTokens > 0 && model === undefined)
    throw new InputError(phrase`${option('showTokens')} needs a tokenizer`, {
      remedy: phrase`name its folder with ${option('model')}`,
    })
  const counter =
    model === undefined ? undefined : await (await import('./tokens.ts')).createTokenCounter(model, options)
  const data = await openData(options.data, options, trainingSplits, hooks)
  const repeats = createRepeats()
  const languages = createLanguages(seed)
  const pairs = createPairCounter()
  const examples = createSample<Pair>(options.show, seed, 'examples')
  const tokenExamples = createSample<Pair>(options.showTokens, seed, 'examples')
  const responses = createSeries('counts')
  const dropped = new Map<string, number>()
  const layouts = new Set<string>()
  const unread = createUnreadTally()
  const roles = createRoleTally()
  let [rows, groups, turned, place] = [0, 0, 0, '']
  let isGathered = false
  const skipped = createSkippedRows()
  for await (const item of readGroups(data, (reported) => hooks.onEvent(reported))) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    if (item.place !== place) rows += 1
    place = item.place
    for (const reason of item.dropped) dropped.set(reason, (dropped.get(reason) ?? 0) + 1)
    countSkipped(skipped, item.error)
    if (item.layout) layouts.add(item.layout.name)
    isGathered ||= item.layout?.gather !== undefined
    const { group } = item
    if (!group) continue
    groups += 1
    turned += item.turned ?? 0
    unread.add(item.unread ?? [], group)
    responses.add(group.responses.length)
    languages.add(group, repeats.add(group))
    pairs.add(group)
    for (const preference of group.preferences) {
      examples.offer(() => ({ group, preference }))
      tokenExamples.offer(() => ({ group, preference }))
    }
    if (counter) await counter.add(group, item.place)
    else roles.add(group)
    if (groups % rowsBetweenEvents === 0) hooks.onEvent(logLine(`${data.name}: ${groups} rows so far`))
    if (groups >= limit) break
  }
  if (groups === 0) {
    const counts = [...dropped].map(([reason, count]) => `${count} ${reason}`).join(', ')
    throw new InputError(
      joinPhrases([`${data.name}: no pair is usable (${counts})`, ...skipped.first.slice(0, 1).map(wholePhrase)], '; '),
    )
  }
  await counter?.report(data.name, hooks)
  const unknownRoles = roles.message()
  if (unknownRoles !== undefined) hooks.onEvent(warning(phrase`${data.name}: ${unknownRoles}`))
  const missingPrompt = missingPromptMessage(unread)
  if (missingPrompt !== undefined) hooks.onEvent(warning(phrase`${data.name}: ${missingPrompt}`))
  const files = []
  for (const { path, name } of data.parts.flatMap(({ source }) => source.files))
    files.push({ name, bytes: statSync(path).size, sha256: await sha256File(path) })
  const counted = pairs.result()
  const shown: TokenExample[] = []
  if (counter)
    for (const { group, preference } of tokenExamples.items()) shown.push(await counter.show(group, preference))
  return {
    schema_version: 1,
    data: data.name,
    files,
    rows: isGathered ? null : rows,
    groups,
    ...counted,
    ...repeats.result(),
    formats: [...layouts],
    dropped: Object.fromEntries(dropped),
    skipped: skippedRecord(skipped),
    columns_not_read: unread.rows,
    responses_per_group: responses.distribution(),
    turned,
    ties: { kept: counted.ties, dropped: dropped.get('tie') ?? 0 },
    languages: await languages.result(),
    tokens: (await counter?.result()) ?? null,
    seed,
    examples: examples.items().map(exampleOf),
    token_examples: shown,
  }
}

interface Pair {
  readonly group: Group
  readonly preference: Preference
}

function createPairCounter() {
  const [turns, margins, probabilities, weights] = [
    createSeries('counts'),
    createSeries(),
    createSeries(),
    createSeries(),
  ]
  const lengths = {
    prompt: createSeries('logarithmic'),
    chosen: createSeries('logarithmic'),
    rejected: createSeries('logarithmic'),
  }
  const longer = noLonger()
  const forms: Record<string, number> = {}
  const subsets = new Map<string, { pairs: number; longer: LongerCounts }>()
  let [pairs, negative, zero, ties] = [0, 0, 0, 0]
  const addTo = (series: Series, value: number | undefined) => {
    if (value !== undefined) series.add(value)
  }
  return {
    add(group: Group): void {
      const characters = group.responses.map(charactersOf)
      const promptCharacters = charactersOf(group.prompt)
      const lengthOf = (response: number) => at(characters, response)
      for (const preference of group.preferences) {
        const { chosen, rejected, margin, probability, weight } = preference
        pairs += 1
        forms[group.form] = (forms[group.form] ?? 0) + 1
        turns.add([...group.prompt, ...at(group.responses, chosen)].filter(isAssistant).length)
        addTo(margins, margin)
        addTo(probabilities, probability)
        addTo(weights, weight)
        if (margin === 0) zero += 1
        if (margin !== undefined && margin < 0) negative += 1
        if (probability === 0.5) ties += 1
        lengths.prompt.add(promptCharacters)
        lengths.chosen.add(lengthOf(chosen))
        lengths.rejected.add(lengthOf(rejected))
        countLonger(longer, preference, lengthOf)
        if (group.subset === undefined) continue
        const subset = subsets.get(group.subset) ?? { pairs: 0, longer: noLonger() }
        subset.pairs += 1
        countLonger(subset.longer, preference, lengthOf)
        subsets.set(group.subset, subset)
      }
    },
    result: () => ({
      pairs,
      ties,
      forms,
      turns: turns.distribution(),
      margins: { distribution: margins.distribution(), negative, zero },
      probabilities: probabilities.distribution(),
      weights: weights.distribution(),
      characters: {
        prompt: lengths.prompt.distribution(),
        chosen: lengths.chosen.distribution(),
        rejected: lengths.rejected.distribution(),
        longer,
      },
      subsets: Object.fromEntries(
        [...subsets]
          .toSorted(([, a], [, b]) => b.pairs - a.pairs)
          .map(([name, subset]) => [name, { pairs: subset.pairs, longer_share: shareLonger(subset.longer) }]),
      ),
    }),
  }
}

const isAssistant = ({ role }: Message): boolean => role === 'assistant'

function exampleOf({ group, preference }: Pair): Example {
  const { id, subset = null, prompt, responses } = group
  return {
    id,
    subset,
    margin: preference.margin ?? null,
    prompt: textOf(prompt),
    chosen: textOf(at(responses, preference.chosen)),
    rejected: textOf(at(responses, preference.rejected)),
  }
}

/** A single message unchanged; several with their roles in front. */
function textOf(messages: readonly Message[]): string {
  const texts = messages.map(messageText)
  return messages.length === 1
    ? texts.join('')
    : messages.map(({ role }, index) => `${role}: ${texts[index]}`).join('\n\n')
}
