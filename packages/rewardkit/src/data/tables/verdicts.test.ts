import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'verdicts-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(rows: readonly object[], options: Partial<DataOptions>) {
  const path = join(folder, 'table.jsonl')
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return readPreferences(await openData(path, { ...defaultDataOptions, ...options }, [], silentHooks))
}

const columns = ['prompt=question', 'a=answer_a', 'b=answer_b', 'choice=verdict']
const row = (verdict: unknown) => ({ question: 'Why?', answer_a: 'Left.', answer_b: 'Right.', verdict })
/** Which answer is preferred, and by which margin. */
const outcome = async (verdict: unknown, options: Partial<DataOptions> = {}) => {
  const { groups } = await read([row(verdict), row('A')], { columns, ties: 'half', ...options })
  const preference = groups[0]?.preferences[0]
  if (groups.length === 1) return 'none'
  const { chosen = -1, margin, probability } = preference ?? {}
  return probability === 0.5 ? 'tie' : `${'ab'[chosen]}${margin === undefined ? '' : `:${margin}`}`
}

describe('a verdict on two answers', () => {
  it.each([
    ['A', 'a'],
    [' b ', 'b'],
    ['left', 'a'],
    ['Right', 'b'],
    [1, 'a'],
    ['2', 'b'],
    ['2.0', 'b'],
    ['first', 'a'],
    ['A wins', 'a'],
    ['B is  better', 'b'],
    ['B is much better than A', 'b'],
    ['slightly A', 'a'],
    ['model_a', 'a'],
    ['Response B', 'b'],
    ['answer_b', 'b'],
    ['[[A]]', 'a'],
    ['A > B', 'a'],
    ['A<<B', 'b'],
    ['I strongly prefer B', 'b'],
    ['tie', 'tie'],
    ['Both bad', 'tie'],
    ['tie (bothbad)', 'tie'],
    ['about the same', 'tie'],
    ['', 'none'],
    [null, 'none'],
    ['N/A', 'none'],
  ])('is understood: %j', async (verdict, expected) => {
    expect(await outcome(verdict)).toBe(expected)
  })

  it.each([
    'not A',
    'A is worse',
    'A or B',
    'A is better than A',
    'better',
    0,
    true,
    'C',
    3,
    'A B',
    'A was not better',
  ])('is refused where it is not plain: %j', async (verdict) => {
    await expect(outcome(verdict)).rejects.toThrow('column "verdict": found')
  })

  it('is what --choices says, as text or map, whatever letter case and blanks', async () => {
    const choices = 'A is much better, really=a:3, slightly  B=b:0.5, 0=b, unclear=tie, NULL=drop'
    expect(await outcome('a is MUCH better,  really ', { choices })).toBe('a:3')
    expect(await outcome('Slightly B', { choices })).toBe('b:0.5')
    expect(await outcome(0, { choices })).toBe('b')
    expect(await outcome('unclear', { choices })).toBe('tie')
    expect(await outcome(true, { choices: { true: 'b:2' } })).toBe('b:2')
  })

  it('may be mapped in a YAML file', async () => {
    const choices = join(folder, 'choices.yaml')
    writeFileSync(choices, 'A ist besser: a:2\nunentschieden: tie\n')
    expect(await outcome('A ist besser', { choices })).toBe('a:2')
    expect(await outcome('Unentschieden', { choices })).toBe('tie')
  })

  it('that is not understood stops with all values and their counts, also where rows are skipped', async () => {
    const rows = ['A', 'A', 'besser', 'egal', 'besser'].map(row)
    await expect(read(rows, { columns, onError: 'skip' })).rejects.toThrow(
      /line 3: column "verdict": found text "besser", expected a word for a, b or a tie; the column has "A" \(2\), "besser" \(2\), "egal" \(1\); give choices: 'besser=drop, egal=drop'/,
    )
    await expect(read([1, 1, 0].map(row), { columns })).rejects.toThrow(`choices: '0=a, 1=b' if "1" means b`)
    await expect(read([1, 0, 'tie'].map(row), { columns })).rejects.toThrow(`choices: '0=a, 1=b' if "1" means b`)
    await expect(read([1, 2, 0].map(row), { columns })).rejects.toThrow(
      "choices: '1=drop, 2=drop, 0=drop', with the meaning",
    )
    await expect(read([-2, 0, 3].map(row), { columns })).rejects.toThrow(
      "choices: '-2=drop, 0=drop, 3=drop', with the meaning",
    )
  })

  it('is reported with what it was read as', async () => {
    const { notices, dropped } = await read(['A is much better', 'B', 'tie', null].map(row), { columns })
    expect(dropped).toEqual({ tie: 1, no_choice: 1 })
    const messages = notices.map(({ message }) => message).join('\n')
    expect(messages).toContain('"A is much better" as a (1), "B" as b (1), "tie" as tie (1), "NULL" as no verdict (1)')
    expect(messages).toContain("choices: 'A is much better=a:3' also gives a margin")
  })

  it.each([
    [{ choices: 'A=left' }, 'choices: found "left" for "a", expected a, b, tie or drop'],
    [{ choices: 'A' }, 'choices: found "A", expected VALUE=MEANING'],
    [{ choices: 'A=a, a =b' }, 'choices: "a" appears twice'],
    [{ choices: 'A=a', columns: ['chosen=answer_a', 'rejected=answer_b'] }, 'does not say in which column'],
    [{ columns: ['prompt=question', 'choice=verdict', 'a=answer_a'] }, 'no second answer ("b")'],
  ])('%j is an error', async (options, message) => {
    await expect(outcome('A', options)).rejects.toThrow(message)
  })
})

describe('a verdict on a list', () => {
  const listRow = (winner: unknown) => ({
    turns: [{ role: 'user', content: 'Why?' }],
    candidates: ['One.', 'Two.', 'Three.'].map((content) => ({
      answer: { messages: [{ role: 'assistant', content }] },
    })),
    feedback: { winner },
  })
  const listColumns = ['prompt=turns', 'responses=candidates.answer.messages', 'choice=feedback.winner']

  it('is an index from 0: that answer is better than each of the others', async () => {
    const { groups, notices } = await read([listRow(1)], { columns: listColumns })
    expect(groups[0]).toMatchObject({
      prompt: [{ role: 'user', content: 'Why?' }],
      responses: [{}, [{ role: 'assistant', content: 'Two.' }], {}],
      preferences: [
        { chosen: 1, rejected: 0 },
        { chosen: 1, rejected: 2 },
      ],
    })
    expect(notices[0]?.message).toContain('is read as an index from 0: "1" as answer 1 (1)')
  })

  it('that counts from 1 is refused where it shows, warned of where it may, and read with --choices', async () => {
    await expect(read([listRow(2), listRow(3)], { columns: listColumns })).rejects.toThrow(
      'found 3, expected the index of an answer, from 0 to 2; if it counts from 1, give choices:',
    )
    const { notices } = await read([listRow(2), listRow(1)], { columns: listColumns })
    expect(notices).toContainEqual(expect.objectContaining({ kind: 'warning' }))
    const { groups } = await read([listRow(3)], { columns: listColumns, choices: '1=0, 2=1, 3=2' })
    expect(groups[0]?.preferences[0]).toEqual({ chosen: 2, rejected: 0 })
  })
})

it('a value of the map that no row has is reported if rows have others that it does not hold', async () => {
  const warnings = async (choices: string) =>
    (await read([row('A is much better'), row('B')], { columns, choices })).notices.flatMap(({ kind, message }) =>
      kind === 'warning' ? [message] : [],
    )
  expect(await warnings('A is mcuh better=a:3, B=b:1')).toEqual([
    expect.stringMatching(/no row that was read has "a is mcuh better".*"A is much better": check the spelling/),
  ])
  expect(await warnings('A is much better=a:3, B=b:1, tie=tie')).toEqual([])
})
