import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { createReading, readRows } from '../data/index.ts'
import { openScoreOutput } from './score-output.ts'

const parent = mkdtempSync(join(tmpdir(), 'score-output-'))
afterAll(() => rmSync(parent, { recursive: true }))
let folder = parent
beforeEach(() => {
  folder = mkdtempSync(join(parent, 'one-'))
})

const linesOf = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')

async function rowsIn(path: string): Promise<unknown[]> {
  const rows: unknown[] = []
  for await (const item of readRows({ path, name: path }, createReading())) rows.push('row' in item ? item.row : item)
  return rows
}

test.each(['csv', 'tsv'])('a .%s file has the columns of all rows and reads back as it was', async (ending) => {
  const rows = [
    { prompt: 'a, "b"\tc\n\r\n', response: ' ü;', reward: -1.5 },
    { prompt: 'next', response: '', reward: 2e-7, truncated: true },
    { id: 'line-3', error: 'line 3: "nothing"' },
    ...Array.from({ length: 2500 }, (_, index) => ({ prompt: `p${index}`, response: '世界', reward: index })),
  ]
  const path = join(folder, `scored.${ending}`)
  const output = openScoreOutput(path)
  output.write(linesOf(rows.slice(0, 2)))
  output.write(linesOf(rows.slice(2)))
  expect(readdirSync(folder)).not.toContain(`scored.${ending}`)
  await output.commit()
  output.discard()
  expect(readdirSync(folder)).toEqual([`scored.${ending}`])
  const columns = ['prompt', 'response', 'reward', 'truncated', 'id', 'error']
  expect(readFileSync(path, 'utf8').split('\n')[0]).toBe(columns.join(ending === 'csv' ? ',' : '\t'))
  const read = await rowsIn(path)
  const text = (value: unknown) =>
    value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  const reported = (row: object) => columns.map((name) => text((row as Record<string, unknown>)[name]))
  expect(read.map((row) => reported(row as object))).toEqual(rows.map(reported))
})

test('lists and objects are JSON in a cell', async () => {
  const path = join(folder, 'pool.csv')
  const output = openScoreOutput(path)
  output.write(linesOf([{ responses: ['a', 'b'], rewards: [1, -2.5], meta: { x: null } }]))
  await output.commit()
  expect(readFileSync(path, 'utf8')).toBe('responses,rewards,meta\n"[""a"",""b""]","[1,-2.5]","{""x"":null}"\n')
})

test('other kinds are refused before anything is computed', () => {
  for (const name of ['x.parquet', 'x.jsonl.gz', 'x.json', 'x.XLSX'])
    expect(() => openScoreOutput(join(folder, name))).toThrow(/score writes JSON Lines, CSV or TSV.*\.jsonl, \.csv/)
  expect(readdirSync(folder)).toEqual([])
})

test('an output that is not committed leaves nothing', () => {
  for (const name of ['x.csv', 'x.jsonl']) {
    const output = openScoreOutput(join(folder, name))
    output.write(linesOf([{ a: 1 }]))
    output.discard()
  }
  expect(readdirSync(folder)).toEqual([])
})
