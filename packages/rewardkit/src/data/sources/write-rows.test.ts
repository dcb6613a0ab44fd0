import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parquetMetadataAsync, parquetSchema } from 'hyparquet'
import { afterAll, describe, expect, it } from 'vitest'
import type { Row } from '../fields.ts'
import { readRows } from './read-rows.ts'
import { createRowWriter } from './write-rows.ts'

const fixture = fileURLToPath(new URL('fixtures/pairs.json', import.meta.url))
const pairs = JSON.parse(readFileSync(fixture, 'utf8')) as Row[]
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-written-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function writtenAndRead(name: string, rows: readonly Row[]): Promise<unknown[]> {
  const path = join(folder, name)
  const writer = createRowWriter(path)
  for (const row of rows) await writer.write(row)
  await writer.commit()
  const found: unknown[] = []
  for await (const item of readRows({ path, name })) found.push('error' in item ? item.error : item.row)
  return found
}

describe.each(['.jsonl', '.jsonl.gz', '.parquet'])('%s', (ending) => {
  it('reads back as it was written', async () => {
    expect(await writtenAndRead(`pairs${ending}`, pairs)).toEqual(pairs)
  })

  it('keeps what has no common type', async () => {
    const rows = [
      { mixed: 'text', meta: { a: 1 }, none: null, empty: [], number: 1, nested: [[1], []] },
      {
        mixed: [{ role: 'user', content: '"quoted"' }],
        meta: { b: [2] },
        none: null,
        empty: [],
        number: 0.5,
        nested: [],
      },
      { mixed: 4, meta: {}, none: null, empty: [], number: null, nested: null },
    ]
    expect(await writtenAndRead(`mixed${ending}`, rows)).toEqual(rows)
  })

  it('holds more rows than it writes at once', async () => {
    const rows = Array.from({ length: 25_000 }, (_, index) => ({ id: `${index}`, text: 'ü'.repeat(index % 90) }))
    expect(await writtenAndRead(`many${ending}`, rows)).toEqual(rows)
  })

  it('refuses a row that is too long to be read again', async () => {
    const writer = createRowWriter(join(folder, `long${ending}`))
    await expect(writer.write({ text: 'x'.repeat(33 * 2 ** 20) })).rejects.toThrow(/longer than 32 MiB and could not/)
    writer.discard()
    expect(readdirSync(folder).filter((name) => name.startsWith('long'))).toEqual([])
  })

  it('leaves nothing behind where it is given up', async () => {
    const place = mkdtempSync(join(folder, 'place-'))
    const writer = createRowWriter(join(place, `rows${ending}`))
    for (const row of pairs) await writer.write(row)
    writer.discard()
    expect(readdirSync(place)).toEqual([])
  })
})

it('writes rows with the columns 0 and 1 as lists, as they were read', async () => {
  const rows = [{ 0: { a: 1 }, 1: { a: 2 } }]
  expect(await writtenAndRead('lists.jsonl', rows)).toEqual(rows)
  expect(readFileSync(join(folder, 'lists.jsonl'), 'utf8')).toBe('[{"a":1},{"a":2}]\n')
})

it('writes messages to Parquet as lists of structs, and objects that differ as JSON', async () => {
  await writtenAndRead('schema.parquet', [
    { chosen: [{ role: 'user', content: 'x' }], margin: 2, meta: { a: 1 } },
    { chosen: null, margin: 1.5, meta: { b: 1 } },
  ])
  const bytes = readFileSync(join(folder, 'schema.parquet'))
  const file = new Uint8Array(bytes).buffer
  const [chosen, margin, meta] = parquetSchema(await parquetMetadataAsync(file)).children
  const struct = chosen?.children[0]?.children[0]
  expect(chosen?.element.converted_type).toBe('LIST')
  expect(struct?.children.map(({ element }) => [element.name, element.converted_type])).toEqual([
    ['role', 'UTF8'],
    ['content', 'UTF8'],
  ])
  expect(margin?.element.type).toBe('DOUBLE')
  expect(meta?.element.converted_type).toBe('JSON')
})

it('refuses Parquet without a row, and leaves nothing behind', async () => {
  const place = mkdtempSync(join(folder, 'place-'))
  await expect(createRowWriter(join(place, 'rows.parquet')).commit()).rejects.toThrow(/rows\.parquet: there is no row/)
  expect(readdirSync(place)).toEqual([])
})

it('refuses names that say no kind, in one line', () => {
  expect(() => createRowWriter(join(folder, 'rows.xlsx'))).toThrow(
    /rows\.xlsx: rows cannot be written to a file of this kind.*\.parquet$/,
  )
})
