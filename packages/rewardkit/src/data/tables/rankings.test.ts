import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'rankings-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(name: string, text: string, columns: readonly string[], options: Partial<DataOptions> = {}) {
  const path = join(folder, name)
  writeFileSync(path, text)
  const found = await readPreferences(
    await openData(path, { ...defaultDataOptions, columns, ...options }, [], silentHooks),
  )
  return {
    ...found,
    pairs: found.groups.map(({ responses, preferences }) =>
      preferences.map(({ chosen, rejected, margin }) => [
        responses[chosen]?.[0]?.content,
        responses[rejected]?.[0]?.content,
        margin,
      ]),
    ),
  }
}

describe('ranked answers', () => {
  const wide = 'q,first,second,third\nWhy?,a,b,c\nHow?,a,,c\nWho?,a,,\n'

  it('in columns are the best one first, which is reported; an empty cell is not an answer', async () => {
    const { pairs, dropped, notices } = await read('wide.csv', wide, ['prompt=q', 'responses=first', 'second', 'third'])
    expect(pairs).toEqual([
      [
        ['a', 'b', 0.5],
        ['a', 'c', 1],
        ['b', 'c', 0.5],
      ],
      [['a', 'c', 1]],
    ])
    expect(dropped).toEqual({ single_response: 1 })
    expect(notices.map(({ message }) => message).join('\n')).toMatch(
      /first, second, third are read as ranked, the best one first.*\(3 rows\)\n.*empty cells.*\(2 rows\)/,
    )
  })

  it('have ranks, 1 for the best, whatever gaps are between them; equal ones are ties', async () => {
    const rows = [
      { q: 'Why?', answers: ['a', 'b', 'c'], rank: [3, 1, 7] },
      { q: 'Who?', answers: ['a', 'b'], rank: [1, 1] },
    ]
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    const { pairs, dropped } = await read('ranks.jsonl', text, ['prompt=q', 'responses=answers', 'ranks=rank'])
    expect(new Set(pairs[0]?.map((pair) => pair.join(' ')))).toEqual(new Set(['b a 0.5', 'a c 0.5', 'b c 1']))
    expect(dropped).toEqual({ tie: 1 })
  })

  it('have scores, the highest for the best, in columns or in one cell', async () => {
    const columns = 'q,x,y,sx,sy\nWhy?,a,b,1,3.5\n'
    const some = await read('scores.csv', columns, ['prompt=q', 'responses=x,y', 'scores=sx,sy'])
    expect(some.pairs).toEqual([[['b', 'a', 2.5]]])
    const cell = 'q,answers,s\nWhy?,"[""a"",""b""]","4, 1"\n'
    const others = await read('cell.csv', cell, ['prompt=q', 'responses=answers', 'scores=s'])
    expect(others.pairs).toEqual([[['a', 'b', 3]]])
  })

  it('with another number of ranks, or with a rank that is none, are refused', async () => {
    const text = `${JSON.stringify({ q: 'Why?', answers: ['a', 'b'], rank: [1, 2, 3] })}\n`
    const columns = ['prompt=q', 'responses=answers', 'ranks=rank']
    await expect(read('more.jsonl', text, columns)).rejects.toThrow('"rank": found 3 ranks for 2 answers')
    await expect(read('word.jsonl', text.replace('[1,2,3]', '[1,"x"]'), columns)).rejects.toThrow(
      'field "rank[1]": found text "x", expected a number',
    )
  })
})
