import { at } from '../../at.ts'
import { type Hooks, silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import type { Group } from '../group.ts'
import { createNumbering, type Numbering } from '../numbering.ts'
import { createNearIndex, type NearIndex } from '../similarity/near-index.ts'
import { comparedText, exactKey, normalisedKey, normalisedText, userText, userTurnsKey } from '../similarity/texts.ts'
import { evaluationSplits, trainingSplits } from '../sources/open-source.ts'
import { reportSkipped } from '../skipped-rows.ts'
import type { LeakageOptions } from './transform-options.ts'
import { checkOutputs, createGroupWriter } from './output.ts'
import { provenanceOf } from './provenance.ts'
import { count, countedGroups, noCounts } from './reading.ts'
import { finish, type TransformResult } from './transform.ts'

/**
 * How a prompt was found; the first that applies. It is the same prompt, or has the same user turns under another
 * system turn or with other answers in between. Or it is equal except for case and punctuation, or similar, as a whole
 * or in its user turns.
 */
export type LeakageMatch = 'exact' | 'user_turns' | 'normalised' | 'near'

/** One row whose prompt is also in the evaluation data. */
export interface LeakedRow {
  readonly id: string
  readonly match: LeakageMatch
  /** Jaccard similarity of the prompts' four-word runs; 1 where they are equal but for case and punctuation. */
  readonly similarity: number
  /** The row of the evaluation data that it was found in. */
  readonly against: string
}

/** What two sets of preference data share. */
export interface Leakage {
  readonly schema_version: 1
  readonly data: string
  readonly against: string
  /** Rows and prompts of the data, and how many were found in the evaluation data. */
  readonly rows: number
  readonly prompts: number
  readonly leaked_rows: Readonly<Record<LeakageMatch, number>>
  /** Rows that are the same in all: prompt, responses and which is preferred. */
  readonly leaked_pairs: number
  /** Prompts of the evaluation data, and how many of them are in the data. */
  readonly evaluation_prompts: number
  readonly leaked_evaluation_prompts: number
  /** The first of the rows that were found. */
  readonly examples: readonly LeakedRow[]
  /** Prompts for which not all candidates were compared. */
  readonly cut: number
}

const examplesKept = 20

/**
 * Finds the prompts of data that also occur in evaluation data: equal, equal but for case and punctuation, or alike.
 * With `out`, writes the data without them.
 * @throws InputError for what is wrong with either
 */
export async function findLeakage(
  options: LeakageOptions,
  hooks: Hooks = silentHooks,
): Promise<{ readonly leakage: Leakage; readonly written?: TransformResult }> {
  const data = await openData(options.data, options, trainingSplits, hooks)
  const against = await openData(options.against, options, evaluationSplits, hooks)
  if (options.out !== undefined) checkOutputs([options.out], [data, against])
  const known = createKnownPrompts(options.threshold)
  const read = noCounts()
  const removed: Record<string, number> = {}
  const prompts = createNumbering()
  const leakedRows: Record<LeakageMatch, number> = { exact: 0, user_turns: 0, normalised: 0, near: 0 }
  const examples: LeakedRow[] = []
  let leakedPairs = 0
  const writer = options.out === undefined ? undefined : createGroupWriter(options.out, options.to)
  try {
    const readAgainst = noCounts()
    for await (const group of countedGroups(against, readAgainst, hooks)) known.add(group)
    for await (const group of countedGroups(data, read, hooks)) {
      prompts.numberOf(group.promptId)
      const found = known.find(group)
      if (found) {
        leakedRows[found.match] += 1
        if (known.hasPair(group)) leakedPairs += 1
        if (examples.length < examplesKept) examples.push({ id: group.id, ...found })
      }
      if (found && isRemoved(found.match, options.match)) count(removed, `${found.match}_prompt`)
      else await writer?.write(group)
    }
    for (const [{ name }, counts] of [[data, read] as const, [against, readAgainst] as const])
      reportSkipped(name, counts.skipped, hooks)
    const leakage: Leakage = {
      schema_version: 1,
      data: data.name,
      against: against.name,
      rows: read.groups,
      prompts: prompts.size,
      leaked_rows: leakedRows,
      leaked_pairs: leakedPairs,
      evaluation_prompts: known.size,
      leaked_evaluation_prompts: known.foundCount(),
      examples,
      cut: known.cut(),
    }
    if (!writer || options.out === undefined || writer.groups() === 0) return { leakage }
    const provenance = provenanceOf(options.out)
    const written = await finish(
      'data leakage',
      [data, against],
      options,
      { read, removed },
      { writers: [writer], provenance },
    )
    return { leakage, written }
  } finally {
    writer?.discard()
    known.close()
  }
}

const order: readonly LeakageMatch[] = ['exact', 'user_turns', 'normalised', 'near']
const isRemoved = (found: LeakageMatch, upTo: LeakageMatch): boolean => order.indexOf(found) <= order.indexOf(upTo)

/** The prompts of the evaluation data, and which of them were found. */
function createKnownPrompts(threshold: number) {
  const exact = createNumbering()
  const userTurns = createNumbering()
  const normalised = createNumbering()
  const pairs = createNumbering()
  const near: NearIndex = createNearIndex(threshold)
  /** The row that a prompt first came in, by the number of the prompt, and of what is compared of it. */
  const rows: string[] = []
  const byUserTurns: number[] = []
  const byNormalised: number[] = []
  const byNear: number[] = []
  const found = new Set<number>()

  const known = (numbering: Numbering, key: string): number | undefined =>
    numbering.has(key) ? numbering.numberOf(key) : undefined

  return {
    get size() {
      return exact.size
    },
    add(group: Group) {
      pairs.numberOf(exactKey(group, 'pair'))
      const key = exactKey(group, 'prompt')
      if (exact.has(key)) return
      const prompt = exact.numberOf(key)
      rows[prompt] = group.id
      const said = userTurnsKey(group)
      if (!userTurns.has(said)) byUserTurns[userTurns.numberOf(said)] = prompt
      for (const { key: same, text } of comparedTexts(group)) {
        if (!normalised.has(same)) byNormalised[normalised.numberOf(same)] = prompt
        byNear[near.add(text)] = prompt
      }
    },
    find(group: Group): Omit<LeakedRow, 'id'> | undefined {
      const match = (prompt: number, kind: LeakageMatch, similarity: number) => {
        found.add(prompt)
        return { match: kind, similarity, against: at(rows, prompt) }
      }
      const equal = known(exact, exactKey(group, 'prompt'))
      if (equal !== undefined) return match(equal, 'exact', 1)
      const said = known(userTurns, userTurnsKey(group))
      if (said !== undefined) return match(at(byUserTurns, said), 'user_turns', 1)
      const texts = comparedTexts(group)
      const same = texts.map(({ key }) => known(normalised, key)).find((number) => number !== undefined)
      if (same !== undefined) return match(at(byNormalised, same), 'normalised', 1)
      const alike = texts
        .flatMap(({ text }) => near.nearest(text) ?? [])
        .toSorted((a, b) => b.similarity - a.similarity)
      return alike[0] && match(at(byNear, alike[0].number), 'near', alike[0].similarity)
    },
    hasPair: (group: Group) => pairs.has(exactKey(group, 'pair')),
    foundCount: () => found.size,
    cut: () => near.cut,
    close: () => near.close(),
  }
}

/** What is compared of a prompt: all of it, and the user's part alone, so that a system turn hides nothing. */
function comparedTexts(group: Group): { readonly key: string; readonly text: string }[] {
  const whole = { key: normalisedKey(group, 'prompt'), text: comparedText(group, 'prompt') }
  const said = userText(group)
  return said === undefined ? [whole] : [whole, { key: normalisedText(said) || said, text: said }]
}
