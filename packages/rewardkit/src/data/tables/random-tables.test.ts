import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { at } from '../../at.ts'
import type { Message } from '../group.ts'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { InputError } from '../../errors.ts'
import { silentHooks } from '../../events.ts'
import { createRandom, type Random } from '../../random.ts'
import { openData } from '../open-data.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'random-tables-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A table as somebody may have it, how to read it, and which pairs it tells: prompt, better, worse and margin. */
interface Table {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly options: Partial<DataOptions>
  readonly pairs: readonly string[]
  /** Whether it has values that nobody can know the meaning of: they must be an error. */
  readonly isUnclear: boolean
}

const pair = (prompt: string, better = '', worse = '', margin?: number) =>
  JSON.stringify([prompt, better, worse, margin === undefined ? null : Number(margin.toFixed(6))])

function pick<T>(random: Random, items: readonly T[]): T {
  const [item] = items.slice(random.integer(items.length))
  if (item === undefined) throw new Error('nothing to pick')
  return item
}

const pieces = [
  'yes',
  'Grüße',
  'a; b',
  'x,y',
  'tab\there',
  'say "hi"',
  'line\nbreak',
  'p|q',
  "it's",
  '42',
  '= 3',
  'naïve',
] as const

/** Each text once in a table, so that pairs can be told apart. */
function texts(random: Random): () => string {
  let count = 0
  return () => `${pick(random, pieces)} ${pick(random, pieces)} ${count++}`
}

/** Words for a, b, a tie and no verdict: plain ones, such as need a map, and such as must be refused without one. */
type Words = readonly [string, string, string, string]
const plainWords: readonly Words[] = [
  ['A', 'B', 'tie', ''],
  ['left', 'right', 'both bad', 'N/A'],
  ['1', '2', 'same', 'null'],
  ['A wins', 'B wins', 'draw', 'NULL'],
  ['Model_A', 'model_b', 'both good', ''],
  ['first', 'Second', 'Equal', ''],
  ['A is  better', 'B is better', 'Tie', 'NaN'],
  ['answer_a', 'answer_b', 'neither', ''],
]
const mappedWords: readonly Words[] = [
  ['links', 'rechts', 'unentschieden', 'keine Angabe'],
  ['gauche', 'droite', 'égalité', '?'],
  ['-1', '1', '0', '9'],
  ['A, clearly', 'B, clearly', 'A or B', 'skip'],
]
const unclearWords: readonly Words[] = [
  ['0', '1', 'tie', ''],
  ['yes', 'no', 'tie', ''],
  ['true', 'false', 'tie', ''],
  ['ja', 'nein', 'tie', ''],
]

function verdictTable(random: Random, size: number): Table {
  const text = texts(random)
  const kind = random.integer(5)
  const isMapped = kind === 3
  const isUnclear = kind === 4
  const [a, b, tie, none] = pick(random, isUnclear ? unclearWords : isMapped ? mappedWords : plainWords)
  const strengths = random.integer(2) === 0
  const pairs: string[] = []
  const rows = Array.from({ length: size }, (_, index) => {
    const [question, answer_a, answer_b] = [text(), text(), text()]
    const outcome = index < 2 ? index : random.integer(4)
    if (outcome === 0) pairs.push(pair(question, answer_a, answer_b, isMapped && strengths ? 2 : undefined))
    if (outcome === 1) pairs.push(pair(question, answer_b, answer_a, isMapped && strengths ? 0.5 : undefined))
    const choice = [a, b, tie, none][outcome] ?? ''
    const shown = random.integer(3) === 0 ? ` ${choice.toUpperCase()} ` : choice
    return {
      id: index,
      question,
      answer_a,
      answer_b,
      choice: shown,
      channel: 'web',
    }
  })
  const map = { [a]: strengths ? 'a:2' : 'a', [b]: strengths ? 'b:0.5' : 'b', [tie]: 'tie', [none]: 'drop' }
  const asText = Object.entries(map).map(([value, meaning]) => `${value}=${meaning}`)
  const choices = random.integer(2) === 0 ? map : asText.join(', ')
  const columns = ['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=choice']
  return { rows, pairs, isUnclear, options: { columns, ...(isMapped ? { choices } : {}) } }
}

function listTable(random: Random, size: number): Table {
  const text = texts(random)
  const countsFrom = random.integer(3) === 0 ? 1 : 0
  const pairs: string[] = []
  const rows = Array.from({ length: size }, (_, index) => {
    const [prompt, answers] = [text(), Array.from({ length: 2 + random.integer(3) }, text)]
    // The last one of a row at the least, so that counting from 1 shows.
    const winner = index === 0 ? answers.length - 1 : random.integer(answers.length)
    pairs.push(...answers.flatMap((other, place) => (place === winner ? [] : [pair(prompt, answers[winner], other)])))
    const candidates = answers.map((content) => ({ answer: { messages: [{ role: 'assistant', content }] } }))
    return {
      talk: { turns: [{ role: 'user', content: prompt }] },
      candidates,
      feedback: { winner: winner + countsFrom },
    }
  })
  const columns = ['prompt=talk.turns', 'responses=candidates.answer.messages', 'choice=feedback.winner']
  return { rows, pairs, isUnclear: countsFrom === 1, options: { columns } }
}

function ratingTable(random: Random, size: number): Table {
  const text = texts(random)
  const scale: readonly string[] = pick(random, [
    ['1', '2', '3', '4', '5'],
    ['👎', '👍'],
    ['-1', '1'],
    ['down', 'up'],
    ['1 star', '2 stars', '4,5'],
    ['schlecht', 'gut'],
  ])
  const numbers: Record<string, readonly number[]> = { '1 star': [1, 2, 4.5], '1': [1, 2, 3, 4, 5] }
  const values = numbers[scale[0] ?? ''] ?? [0, 1]
  const prompts = Array.from({ length: 1 + Math.floor(size / 3) }, text)
  const rated = Array.from({ length: size * 2 }, () => ({
    prompt: prompts[random.integer(prompts.length)] ?? '',
    answer: text(),
    level: random.integer(scale.length),
  }))
  const pairs = rated.flatMap((one) =>
    rated.flatMap((other) =>
      one.prompt === other.prompt && one.level > other.level
        ? [pair(one.prompt, one.answer, other.answer, at(values, one.level) - at(values, other.level))]
        : [],
    ),
  )
  const rows = rated.map(({ prompt, answer, level }) => ({
    user_message: prompt,
    bot_answer: answer,
    stars: scale[level],
  }))
  return {
    rows,
    pairs,
    isUnclear: scale[0] === 'schlecht',
    options: { columns: ['prompt=user_message', 'response=bot_answer', 'rating=stars'], pairsPerPrompt: 10_000 },
  }
}

function rankedTable(random: Random, size: number): Table {
  const text = texts(random)
  const how = pick(random, ['order', 'ranks', 'scores', 'lists'] as const)
  const names = ['first', 'second', 'third', 'fourth'] as const
  const pairs: string[] = []
  const rows = Array.from({ length: size }, () => {
    const count = 2 + random.integer(3)
    const [question, answers] = [text(), Array.from({ length: count }, text)]
    const places = answers.map((_, index) => index)
    if (how !== 'order') places.sort(() => random.uniform() - 0.5)
    for (const [i, one] of answers.entries())
      for (const [j, other] of answers.entries()) {
        const distance = at(places, j) - at(places, i)
        if (distance > 0)
          pairs.push(pair(question, one, other, how === 'scores' ? distance * 1.5 : distance / (count - 1)))
      }
    const numbers = places.map((place) => (how === 'scores' ? 9 - place * 1.5 : place + 1))
    if (how === 'lists') return { question, answers, ranking: numbers }
    const cells = names.flatMap((name, index): [string, unknown][] => [
      [name, answers[index] ?? ''],
      [`${how === 'scores' ? 'score' : 'rank'}_${name}`, numbers[index] ?? ''],
    ])
    return { question, ...Object.fromEntries<unknown>(cells) }
  })
  const lists = ['prompt=question', 'responses=answers', 'ranks=ranking']
  const wide = ['prompt=question', `responses=${names.join(',')}`]
  if (how === 'ranks' || how === 'scores')
    wide.push(`${how}=${names.map((name) => `${how === 'scores' ? 'score' : 'rank'}_${name}`).join(',')}`)
  return { rows, pairs, isUnclear: false, options: { columns: how === 'lists' ? lists : wide } }
}

/** A file of these rows, and the options that its form takes. */
function written(random: Random, { rows }: Table, name: string): { readonly path: string; readonly encoding?: string } {
  const isFlat = rows.every((row) => Object.values(row).every((value) => typeof value !== 'object'))
  if (!isFlat || random.integer(4) === 0) {
    const path = join(folder, `${name}.jsonl`)
    writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    return { path }
  }
  const delimiter = pick(random, [',', ';', '\t', '|'])
  const quotesAll = random.integer(2) === 0
  const lineEnd = pick(random, ['\n', '\r\n'])
  const cell = (value: unknown) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return quotesAll || /["\n\r,;\t|]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const columns = Object.keys(rows[0] ?? {})
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))]
  const content = lines.map((line) => line.map(cell).join(delimiter) + lineEnd).join('')
  const isLatin = Array.from(content).every((character) => character <= 'ÿ')
  const encoding = pick(random, ['utf-8', 'utf-8', 'latin1'] as const)
  const path = join(folder, `${name}.${delimiter === '\t' ? 'tsv' : 'csv'}`)
  const isOther = encoding === 'latin1' && isLatin && Array.from(content).some((character) => character > '~')
  writeFileSync(path, Buffer.from(content, isOther ? 'latin1' : 'utf8'))
  return { path, ...(isOther ? { encoding } : {}) }
}

const textOf = ([message]: readonly Message[] = []): string => message?.content ?? ''

async function pairsRead(path: string, options: Partial<DataOptions>): Promise<string[]> {
  const { groups } = await readPreferences(await openData(path, { ...defaultDataOptions, ...options }, [], silentHooks))
  return groups.flatMap(({ prompt, responses, preferences }) =>
    preferences.map(({ chosen, rejected, margin }) =>
      pair(textOf(prompt), textOf(responses[chosen]), textOf(responses[rejected]), margin),
    ),
  )
}

const withoutMargins = (pairs: readonly string[]) => pairs.map((text) => text.replace(/,[^,]*\]$/, ']'))

/** The pairs that are read with the options that the error proposes, where there are such that leave nothing open. */
async function proposedPairs(path: string, encoding: string | undefined): Promise<string[] | undefined> {
  const given = encoding === undefined ? {} : { encoding }
  const remedy = await pairsRead(path, given).then(
    () => undefined,
    (error: unknown) => (error instanceof InputError ? error.phrases.remedy : undefined),
  )
  const proposal = remedy?.parts.at(-1)
  if (typeof proposal !== 'object' || !('settings' in proposal) || !('columns' in proposal.settings)) return undefined
  const options = { pairsPerPrompt: 10_000, ...proposal.settings }
  return pairsRead(path, { ...given, ...options }).then(withoutMargins, (error: unknown) => {
    if (error instanceof InputError) return undefined
    throw error
  })
}

/** The message of the InputError that a reading ends with, or what it gives. */
async function messageOr<T>(reading: Promise<T>): Promise<T | string> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof InputError) return error.message
    throw error
  }
}

test('200 tables made at random give back the pairs that they tell, or an error, never another pair', async () => {
  const found = { clear: new Map<number, unknown>(), proposed: new Map<number, unknown>() }
  const expected = { clear: new Map<number, unknown>(), proposed: new Map<number, unknown>() }
  const unclear: unknown[] = []
  const misread: unknown[] = []
  for (let seed = 0; seed < 200; seed++) {
    const random = createRandom(seed, 'tables')
    const make = pick(random, [verdictTable, verdictTable, listTable, ratingTable, rankedTable])
    const table = make(random, 8 + random.integer(8))
    const { path, encoding } = written(random, table, `table-${seed}`)
    const given = encoding === undefined ? {} : { encoding }
    const pairs = await messageOr(pairsRead(path, { ...table.options, ...given }))
    if (table.isUnclear) {
      unclear.push(pairs)
      continue
    }
    if (encoding !== undefined) misread.push(await messageOr(pairsRead(path, table.options)))
    found.clear.set(seed, typeof pairs === 'string' ? pairs : pairs.toSorted())
    expected.clear.set(seed, table.pairs.toSorted())
    const proposed = await proposedPairs(path, encoding)
    if (!proposed) continue
    found.proposed.set(seed, proposed.toSorted())
    expected.proposed.set(seed, withoutMargins(table.pairs).toSorted())
  }
  expect(found).toEqual(expected)
  const refusal = expect.stringMatching(/column "(choice|stars|feedback\.winner)": found .*choices:/s)
  expect(unclear).toEqual(unclear.map(() => refusal))
  expect(misread).toEqual(misread.map(() => expect.stringContaining('UTF-8')))
  expect(found.clear.size).toBeGreaterThan(130)
  expect(found.proposed.size).toBeGreaterThan(90)
  expect(unclear.length).toBeGreaterThan(15)
  expect(misread.length).toBeGreaterThan(5)
})
