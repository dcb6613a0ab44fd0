import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'ratings-'))
afterAll(() => rmSync(folder, { recursive: true }))

const columns = ['prompt=question', 'response=answer', 'rating=stars']

async function read(rows: readonly object[], options: Partial<DataOptions> = {}) {
  const path = join(folder, 'table.jsonl')
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const found = await readPreferences(
    await openData(path, { ...defaultDataOptions, columns, ...options }, [], silentHooks),
  )
  const pairs = found.groups.flatMap(({ responses, preferences }) =>
    preferences.map(({ chosen, rejected, margin }) =>
      [responses[chosen]?.[0]?.content, responses[rejected]?.[0]?.content, margin].join(' '),
    ),
  )
  return { ...found, pairs, messages: found.notices.map(({ message }) => message).join('\n') }
}

const row = (question: string, answer: string, stars: unknown) => ({ question, answer, stars, channel: 'web' })

describe('rated answers', () => {
  it('of one prompt make pairs where ratings differ, by a margin of the difference', async () => {
    const { pairs, groups, dropped, messages } = await read([
      row('Why?', 'a', 5),
      row('How?', 'x', 3),
      row('Why?', 'b', 2),
      row('Who?', 'y', 1),
      row('Why?', 'c', 5),
      row('Who?', 'z', 1),
      row('Who?', 'w', null),
    ])
    expect(pairs).toEqual(['a b 3', 'c b 3'])
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({ id: 'line-1', prompt: [{ content: 'Why?' }] })
    expect(groups[0]?.meta?.['ratings']).toEqual([5, 2, 5].map((rating) => [{ rating, channel: 'web' }]))
    expect(dropped).toEqual({ without_partner: 3, no_rating: 1 })
    expect(messages).toContain(
      'read as a rating where higher is better: 1 to 5; 3 rated answers of 1 prompt make 2 pairs',
    )
    expect(messages).toContain('3 rows left out, because no other answer to their prompt has a different rating')
  })

  it.each([
    [true, false],
    ['up', 'down'],
    ['👍', '👎'],
    [1, -1],
    ['+1', '-1'],
    [1, 0],
    ['Yes', 'No'],
  ])('may be thumbs, %j and %j: a margin of 1', async (good, bad) => {
    const { pairs } = await read([row('Why?', 'a', bad), row('Why?', 'b', good)])
    expect(pairs).toEqual(['b a 1'])
  })

  it.each([
    ['4', '2 stars', 2],
    ['4,5', '3', 1.5],
    ['5/5', '1/5', 4],
    ['★★★★☆', '★☆☆☆☆', 3],
  ])('may be text: %j and %j', async (good, bad, margin) => {
    const { pairs } = await read([row('Why?', 'a', good), row('Why?', 'b', bad)])
    expect(pairs).toEqual([`a b ${margin}`])
  })

  it('that are equal answers are one with the mean of their ratings', async () => {
    const { pairs, messages } = await read([row('Why?', 'a', 5), row('Why?', 'a', 2), row('Why?', 'b', 3)])
    expect(pairs).toEqual(['a b 0.5'])
    expect(messages).toContain('1 row with an answer that came before')
  })

  it('in a column of ranks are a warning, and turned round by its remedy', async () => {
    const rows = [1, 2].map((rank) => ({ question: 'Why?', answer: `answer-${rank}`, rank }))
    const path = join(folder, 'ranks.jsonl')
    writeFileSync(path, rows.map((one) => `${JSON.stringify(one)}\n`).join(''))
    const named = ['prompt=question', 'response=answer', 'rating=rank']
    const readRanks = async (options: Partial<DataOptions>) => {
      const data = await openData(path, { ...defaultDataOptions, columns: named, ...options }, [], silentHooks)
      return readPreferences(data)
    }
    const warned = await readRanks({})
    expect(warned.notices).toContainEqual(
      expect.objectContaining({
        kind: 'warning',
        message: expect.stringContaining("2 is read as the best: if 1 is the best, give choices: '1=-1, 2=-2'"),
      }),
    )
    expect(warned.groups[0]?.preferences).toMatchObject([{ chosen: 1, rejected: 0 }])
    const turned = await readRanks({ choices: '1=-1, 2=-2' })
    expect(turned.notices).not.toContainEqual(expect.objectContaining({ kind: 'warning' }))
    expect(turned.groups[0]?.preferences).toMatchObject([{ chosen: 0, rejected: 1 }])
  })

  it('in words are what --choices says, and stop with all values where they are not understood', async () => {
    const rows = [row('Why?', 'a', 'sehr gut'), row('Why?', 'b', 'naja'), row('Why?', 'c', 'naja')]
    await expect(read(rows)).rejects.toThrow(
      /line 1: column "stars": found text "sehr gut".*the column has "naja" \(2\), "sehr gut" \(1\); give choices: 'naja=drop, sehr gut=drop'/,
    )
    const { pairs, messages } = await read(rows, { choices: 'sehr gut=2, naja=0.5' })
    expect(pairs).toEqual(['a b 1.5', 'a c 1.5'])
    expect(messages).toContain('"naja" as 0.5 (2), "sehr gut" as 2 (1)')
  })

  it('of a greeting make some pairs only, the same each time, and of all answers', async () => {
    const rows = Array.from({ length: 3000 }, (_, index) => row('Hi', `Hello ${index}`, 1 + (index % 5)))
    const { pairs, groups, messages } = await read(rows)
    expect(pairs).toHaveLength(100)
    expect(new Set(pairs).size).toBe(100)
    expect(pairs.every((pair) => Number(pair.split(' ').at(-1)) > 0)).toBe(true)
    const used = groups[0]?.preferences.flatMap(({ chosen, rejected }) => [chosen, rejected]) ?? []
    expect(new Set(used).size).toBeGreaterThan(170)
    expect(messages).toContain('1 prompt with more pairs than are used for one prompt')
    expect((await read(rows)).pairs).toEqual(pairs)
    expect((await read(rows, { pairsPerPrompt: 7 })).pairs).toHaveLength(7)
  })

  it('draw each pair as often as the next', async () => {
    const counts = new Map<string, number>()
    const rows = Array.from({ length: 800 }, (_, prompt) =>
      [1, 1, 2, 3].map((stars, index) => row(`${prompt}`, 'abcd'.charAt(index), stars)),
    ).flat()
    const { pairs } = await read(rows, { pairsPerPrompt: 1 })
    for (const pair of pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1)
    // Five pairs, 160 of each expected with a standard deviation of 11.
    expect([...counts.keys()].toSorted()).toEqual(['c a 1', 'c b 1', 'd a 2', 'd b 2', 'd c 1'])
    for (const count of counts.values()) expect(Math.abs(count - 160)).toBeLessThan(50)
  })

  it('need a prompt', async () => {
    await expect(read([row('Why?', 'a', 1)], { columns: ['response=answer', 'rating=stars'] })).rejects.toThrow(
      'found no "prompt"; ratings are compared between answers to the same prompt; add prompt=COLUMN',
    )
  })

  it("are TRL's unpaired rows, too, which are recognised", async () => {
    const unpaired = (prompt: string, completion: string, label: boolean) => ({ prompt, completion, label })
    const rows = [unpaired('Why?', 'a', false), unpaired('How?', 'x', true), unpaired('Why?', 'b', true)]
    const { pairs, layouts, dropped, messages } = await read(rows, { columns: undefined })
    expect(layouts).toEqual(['unpaired'])
    expect(pairs).toEqual(['b a 1'])
    expect(dropped).toEqual({ without_partner: 1 })
    expect(messages).toContain(
      'column "label" is read as a rating where higher is better: "true" as 1 (2), "false" as 0 (1)',
    )
    await expect(read([{ ...unpaired('Why?', 'a', true), label: 'meh' }], { columns: undefined })).rejects.toThrow(
      'column "label": found text "meh"',
    )
  })
})
