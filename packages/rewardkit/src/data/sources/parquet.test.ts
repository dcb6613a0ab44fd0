import { parquetWriteBuffer } from 'hyparquet-writer'
import { describe, expect, it } from 'vitest'
import { expected, fixture, pairs, readText } from './fixtures/read-files.ts'
import { type Kind, schemaElements, unknownKind, widened } from './parquet-kinds.ts'

describe('Parquet', () => {
  it('turns the logical types into those of JSON', async () => {
    expect(await readText('types.parquet', fixture('types.parquet'))).toEqual(expected('types.json'))
  })

  it('names row and column of bytes that are not text', async () => {
    expect(await readText('bytes.parquet', fixture('bytes.parquet'))).toEqual([
      { chosen: 'a', picture: 'text' },
      'row 2: column "picture": bytes that are not valid UTF-8, expected text',
    ])
  })

  it('reads a shard without rows', async () => {
    expect(await readText('none.parquet', fixture('no-rows.parquet'))).toEqual([])
  })

  it('decodes a large row group in parts, with and without an index of its pages', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => ({
      id: `${index}`,
      chosen: Array.from({ length: index % 4 }, (__, turn) => ({
        role: turn % 2 === 0 ? 'user' : 'assistant',
        content: `${index}-${turn} `.repeat(1000 + (index % 7)),
      })),
    }))
    // 50 MB of text: more than is decoded at a time.
    for (const offsetIndex of [false, true]) {
      const bytes = parquetWriteBuffer({
        columnData: (['id', 'chosen'] as const).map((name) => ({
          name,
          data: rows.map((row) => row[name]),
          offsetIndex,
          encoding: 'PLAIN' as const,
        })),
        schema: [
          { name: 'schema', num_children: 2 },
          ...schemaElements('id', { kind: 'text' }),
          ...schemaElements('chosen', rows.map(({ chosen }) => chosen).reduce<Kind>(widened, unknownKind)),
        ],
        rowGroupSize: rows.length,
        pageSize: 1 << 16,
      })
      expect(await readText('large.parquet', new Uint8Array(bytes))).toEqual(rows)
    }
  })

  it('is recognised by its content', async () => {
    expect(await readText('rows.bin', fixture('pairs.snappy.parquet'))).toEqual(pairs)
  })
})
