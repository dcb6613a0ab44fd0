import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../../errors.ts'
import { type Kind, schemaElements, unknownKind, widened } from './parquet-kinds.ts'
import { createReading, readRows } from './read-rows.ts'

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))
const fixture = (name: string): Buffer => readFileSync(join(fixtures, name))
const expected = (name: string): Record<string, unknown>[] =>
  JSON.parse(fixture(name).toString()) as Record<string, unknown>[]
const pairs = expected('pairs.json')
const lines = `${pairs.map((row) => JSON.stringify(row)).join('\n')}\n`

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-rows-'))
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Rows, and bad rows as `line 3: what is wrong`. */
async function read(path: string): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const item of readRows({ path, name: path }))
    found.push('error' in item ? `${item.unit} ${item.number}: ${item.error}` : item.row)
  return found
}
const readText = (name: string, content: string | Uint8Array) => read(written(name, content))

async function refusal(name: string, content: string | Uint8Array): Promise<string> {
  const error: unknown = await readText(name, content).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(InputError)
  const { message } = error as InputError
  expect(message).not.toContain('\n')
  expect(message.startsWith(join(folder, name))).toBe(true)
  return message.slice(folder.length + 1)
}

describe('the same rows', () => {
  it.each([
    ['JSON lines', 'a.jsonl', lines],
    ['lines with CRLF, a byte order mark and blank lines', 'b.txt', `\uFEFF${lines.replaceAll('\n', '\r\n\r\n')}`],
    ['a list on one line', 'c.json', JSON.stringify(pairs)],
    ['a list over many lines', 'd.json', `\uFEFF\n ${JSON.stringify(pairs, null, 2)}\n\n`],
    ['a list, a row a line', 'e.json', `[\n${pairs.map((row) => JSON.stringify(row)).join(',\n')}\n]`],
    ['a list, whatever its name', 'f.jsonl', JSON.stringify(pairs, null, 1)],
    ['gzip', 'g.jsonl.gz', gzipSync(lines)],
    ['two members of gzip', 'h.gz', Buffer.concat([gzipSync(lines.slice(0, 99)), gzipSync(lines.slice(99))])],
    ['a list in gzip', 'i.json.gz', gzipSync(JSON.stringify(pairs))],
    ['two frames of zstd', 'j.jsonl.zst', fixture('pairs.jsonl.zst')],
  ])('%s', async (_, name, content) => {
    expect(await readText(name, content)).toEqual(pairs)
  })

  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4', 'plain', 'pages-v2'])('Parquet: %s', async (codec) => {
    expect(await readText(`${codec}.parquet`, fixture(`pairs.${codec}.parquet`))).toEqual(pairs)
  })

  it('a list whose pieces are cut anywhere', async () => {
    // Pieces of a file are 256 KiB: strings of this length put every kind of character at their ends.
    const rows = Array.from({ length: 9 }, (_, index) => ({
      text: `${'x'.repeat(65_521 + index)}"\\",]}ü😀`.repeat(4),
    }))
    expect(await readText('cut.json', JSON.stringify(rows))).toEqual(rows)
  })
})

describe('JSON', () => {
  it('reads a list a line as the columns 0, 1, ...', async () => {
    const text = '[{"a": 1}, {"a": 2}]\n[{"a": 3}, {"a": 4}]\n'
    const rows = [
      { 0: { a: 1 }, 1: { a: 2 } },
      { 0: { a: 3 }, 1: { a: 4 } },
    ]
    expect(await readText('raw.txt', text)).toEqual(rows)
    expect(await readText('one.jsonl', '[{"a": 1}, {"a": 2}]\n')).toEqual([rows[0]])
    expect(await readText('one.json', '[{"a": 1}, {"a": 2}]\n')).toEqual([{ a: 1 }, { a: 2 }])
  })

  it('goes on behind items of a list that cannot be read', async () => {
    const text = Buffer.from('[{"a": 1}, {"a": NaN}, 7, {"b": 1, "b": 2}, {"c": "\xfc"}, {"d": 4}, ]', 'latin1')
    expect(await readText('bad.json', text)).toEqual([
      { a: 1 },
      expect.stringMatching(/^row 2: field "a": found NaN/),
      expect.stringMatching(/^row 3: found number 7/),
      expect.stringMatching(/^row 4: field "b" appears twice/),
      'row 5: bytes that are not valid UTF-8',
      { d: 4 },
      expect.stringMatching(/^row 7: invalid JSON/),
    ])
  })

  it('keeps no item that is too long', async () => {
    const text = `[{"a": "${'x'.repeat(33 * 2 ** 20)}"}, {"b": 1}]`
    expect(await readText('long.json', text)).toEqual([expect.stringMatching(/^row 1: longer than 32 MiB/), { b: 1 }])
  })
})

describe('an object around the rows', () => {
  const inside = [{ a: 1, rows: ['x]}'] }, { a: '{"rows": [' }]
  const server = {
    features: [{ feature_idx: 0, name: 'a' }],
    rows: inside.map((row, index) => ({ row_idx: index, row, truncated_cells: [] })),
    num_rows_total: 2,
  }

  it.each([
    ['rows', JSON.stringify({ rows: inside })],
    [
      'data, over many lines',
      JSON.stringify({ version: 1, note: 'rows":[{', data: inside, more: { rows: [{}] } }, null, 2),
    ],
    ['examples, behind a mark', `\uFEFF${JSON.stringify({ examples: inside })}\n`],
    ['items in gzip', gzipSync(JSON.stringify({ meta: { items: [{ b: 2 }] }, items: inside }))],
    ["the answer of Hugging Face's server", JSON.stringify(server)],
  ])('is opened: %s', async (_, content) => {
    expect(await readText('wrapped.json', content)).toEqual(inside)
  })

  it('is cut anywhere', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => ({
      text: `${'x'.repeat(65_521 + index)}"\\",]}ü😀`.repeat(4),
    }))
    expect(await readText('cut.json', JSON.stringify({ n: 9, rows, end: [] }))).toEqual(rows)
  })

  it('is told, and refused where the server has cut cells', async () => {
    const path = written('told.json', JSON.stringify({ rows: [{ row_idx: 0, row: { a: 1 }, truncated_cells: ['a'] }] }))
    const reading = createReading()
    const found = []
    for await (const item of readRows({ path, name: path }, reading)) found.push(item)
    expect(found).toMatchObject([{ number: 1, error: 'the server has cut a' }])
    expect(reading.notes.told()).toMatchObject([{ kind: 'log', message: 'rows are read from the field "rows"' }])
  })

  it('is none around a row, or several objects', async () => {
    const row = { completions: [{ a: 1 }], source: 'x' }
    expect(await readText('row.json', JSON.stringify(row))).toEqual([row])
    const own = { data: [{ a: 1 }], chosen: 'x' }
    expect(await readText('own.json', JSON.stringify(own))).toEqual([own])
    const line = JSON.stringify({ rows: [{ a: 1 }] })
    expect(await readText('lines.json', `${line}\n${line}\n`)).toEqual([{ rows: [{ a: 1 }] }, { rows: [{ a: 1 }] }])
  })
})

describe('CSV', () => {
  it('reads quotes, line ends in cells, CRLF and a byte order mark', async () => {
    const text = '\uFEFFid,prompt,chosen,rejected\r\n7,"a ""b"", c","two\r\nlines",\r\n8,ü,42,true\r\n'
    const rows = [
      { id: '7', prompt: 'a "b", c', chosen: 'two\r\nlines', rejected: '' },
      { id: '8', prompt: 'ü', chosen: '42', rejected: 'true' },
    ]
    expect(await readText('a.csv', text)).toEqual(rows)
    expect(await readText('a.csv.gz', gzipSync(text))).toEqual(rows)
    expect(await readText('a.tsv', 'a\tb\nx, y\t"1\t2"\n')).toEqual([{ a: 'x, y', b: '1\t2' }])
  })

  it('reads numbers where the name says so, and JSON where it is what messages look like', async () => {
    const text = [
      ',margin,score_A,labels,chosen,rejected,responses',
      `0,1.5,-3e2,True,"[{""role"": ""user"", ""content"": ""q""}]","[{""a"": 1}]","[""x"", ""y""]"`,
      '1,none,7,0,,{},not json',
    ].join('\n')
    expect(await readText('b.csv', text)).toEqual([
      {
        unnamed_1: '0',
        margin: 1.5,
        score_A: -300,
        labels: true,
        chosen: [{ role: 'user', content: 'q' }],
        rejected: '[{"a": 1}]',
        responses: ['x', 'y'],
      },
      { unnamed_1: '1', margin: 'none', score_A: 7, labels: 0, chosen: '', rejected: '{}', responses: 'not json' },
    ])
  })

  it('reads an empty cell as null among numbers and JSON, else as empty text', async () => {
    const text = 'id,prompt,score_A,responses,chosen\n,,,,x\n'
    expect(await readText('empty.csv', text)).toEqual([
      { id: '', prompt: '', score_A: null, responses: null, chosen: 'x' },
    ])
  })

  it.each([
    ['semicolons', 'd.csv', 'prompt;chosen;rejected\n"a, b; c";"x\ny, z";n, o\n', 'columns are parted by semicolons'],
    ['tabs', 'e.csv', 'prompt\tchosen\trejected\r\na, b; c\t"x\ny, z"\tn, o', 'columns are parted by tabs'],
    ['bars', 'f.csv', '\uFEFFprompt|chosen|rejected\n"a, b; c"|"x\ny, z"|n, o', 'columns are parted by bars'],
    ['commas in .tsv', 'g.tsv', 'prompt,chosen,rejected\n"a, b; c","x\ny, z","n, o"', 'columns are parted by commas'],
    ['what is usual', 'h.csv', 'prompt,chosen,rejected\n"a, b; c","x\ny, z","n, o"', undefined],
  ])('finds by looking what parts columns: %s', async (_, name, text, told) => {
    const path = written(name, text)
    const reading = createReading()
    const rows = []
    for await (const item of readRows({ path, name }, reading)) rows.push('error' in item ? item.error : item.row)
    expect(rows).toEqual([{ prompt: 'a, b; c', chosen: 'x\ny, z', rejected: 'n, o' }])
    expect(reading.notes.told().map(({ message }) => message)).toEqual(told === undefined ? [] : [told])
  })

  it('takes the delimiter that fits the rows where several part the header', async () => {
    const text = 'id,prompt;question,answer\n1,a;b,c\n2,d,e\n'
    expect(await readText('i.csv', text)).toEqual([
      { id: '1', 'prompt;question': 'a;b', answer: 'c' },
      { id: '2', 'prompt;question': 'd', answer: 'e' },
    ])
  })

  it('numbers rows by the line on which they begin', async () => {
    const text = 'a,"b\r\nc"\n\n1,"x\ny"\n\n\n2,"q"\n"u\r\nv","w\r\n\n"\n3,4'
    const path = written('lines.csv', text)
    const numbers = []
    for await (const { number } of readRows({ path, name: path })) numbers.push(number)
    // What an editor shows.
    expect(numbers).toEqual([4, 8, 9, 13])
  })

  it('goes on behind rows that cannot be read', async () => {
    const python = `"[{'role': 'user', 'content': 'x'}]"`
    const text = Buffer.from(`a,b\n1\n1,2,3\n\xfc,2\n${python},2\nlast,2\n`, 'latin1')
    expect(await readText('c.csv', text)).toEqual([
      'line 2: 1 cell, expected 2 as the header has',
      'line 3: 3 cells, expected 2 as the header has',
      'line 4: column "a": bytes that are not valid UTF-8',
      'line 5: column "a": found a Python list, expected JSON',
      { a: 'last', b: '2' },
    ])
  })
})

describe('Parquet', () => {
  it('turns the logical types into those of JSON', async () => {
    expect(await readText('types.parquet', fixture('types.parquet'))).toEqual(expected('types.json'))
  })

  it('names row and column of bytes that are no text', async () => {
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

  it('is told by its content', async () => {
    expect(await readText('rows.bin', fixture('pairs.snappy.parquet'))).toEqual(pairs)
  })
})

/** A zip archive with one file, by hand: the local header is what tells it. */
const zip = Buffer.concat([Buffer.from('PK\x03\x04\x14\0\0\0\x08\0', 'latin1'), deflateRawSync(lines)])
const withByte = (bytes: Buffer, at: number, change: (byte: number) => number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = change(copy.readUInt8(at))
  return copy
}
const tar = Buffer.alloc(1024)
tar.write('rows.jsonl')
tar.write('ustar', 257)
const damagedPage = fixture('pairs.snappy.parquet').fill(0xff, 60, 90)

describe('files as they break in life, each in one line', () => {
  it.each([
    ['zip in place of gz', 'a.jsonl.gz', zip, /^a\.jsonl\.gz: found a zip archive, .*unpack it/],
    ['xz', 'a.jsonl', Buffer.from('\xfd7zXZ\0rest', 'latin1'), /found xz data/],
    ['bzip2', 'a.jsonl', 'BZh91AY&SY', /found bzip2 data/],
    ['7z', 'a.jsonl', Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1'), /found a 7z archive/],
    ['tar', 'a.tar', tar, /found a tar archive.*tar -xf/],
    ['tar in gzip', 'a.tar.gz', gzipSync(tar), /found a tar archive/],
    ['a pickle', 'a.pkl', Buffer.from([0x80, 4, 0x95, 1]), /found a Python pickle.*to_json/],
    ['Arrow of save_to_disk', 'a.arrow', Buffer.from([255, 255, 255, 255, 1]), /found an Arrow stream.*to_parquet/],
    ['Feather', 'a.feather', 'ARROW1\0\0', /found an Arrow \(Feather\) file/],
    ['safetensors', 'a.safetensors', Buffer.from('\x40\0\0\0\0\0\0\0{"w":', 'latin1'), /found a safetensors file/],
    ['an HTML page', 'a.jsonl', '<!DOCTYPE html>\n<html>404</html>', /found an HTML or XML page.*get it again/],
    ['an HTML page in gzip', 'a.jsonl.gz', gzipSync('\n<html>'), /found an HTML or XML page/],
    ['an HTML page as Parquet', 'a.parquet', '<html></html>', /found an HTML or XML page/],
    ['a Git LFS pointer', 'a.parquet', 'version https://git-lfs.github.com/spec/v1\n', /Git LFS pointer.*git lfs pull/],
    ['UTF-16', 'a.jsonl', Buffer.from('\uFEFF{"a": 1}', 'utf16le'), /found UTF-16 text.*--encoding utf-16 reads it/],
    ['an empty file', 'a.jsonl', '', /^a\.jsonl: empty file/],
    ['blank lines only', 'a.jsonl', '\n \n', /^a\.jsonl: empty file/],
    ['an empty list', 'a.json', ' [ ] ', /^a\.json: an empty list/],
    ['a list without an end', 'a.json', '[{"a": 1}, {"b"', /^a\.json, after row 1: the list does not end.*incomplete/],
    ['two lists', 'a.json', '[{"a": 1},\n{"b": 2}]\n[]', /after row 2: something follows the end of the list/],
    [
      'an object around the rows under another name',
      'a.json',
      '{"train": [{"a": 1}]}',
      /all rows inside the field "train".*jq -c '\.train\[\]'/,
    ],
    ['the same over many lines', 'a.json', '{\n "train": [\n{"a": 1}]}', /all rows inside the field "train".*jq/],
    [
      'objects over many lines',
      'a.json',
      '{\n "a": "b",\n "c": 1\n}\n{\n}\n',
      /found a JSON object over.*jq -c \. does/,
    ],
    [
      'the same, begun in the first',
      'a.json',
      '{"a": "b",\n "c": [{}]\n}\n',
      /found a JSON object over.*jq -c \. does/,
    ],
    [
      'an object without an end',
      'a.json',
      '{"rows": [{"a": 1}], "n": ',
      /after row 1: the object around "rows" does not end/,
    ],
    ['two objects', 'a.json', '{"rows":\n [{"a": 1}]}\n{}', /after row 1: something follows the object around "rows"/],
    ['rows without an end', 'a.json', '{"rows": [{"a": 1}, {"b', /after row 1: (the list|the object around).*not end/],
    ['columns of pandas', 'a.json', '{"a": {"0": 1}, "b": {"0": 2}}', /a table by columns.*orient="records"/],
    ['cut gzip', 'a.jsonl.gz', gzipSync(lines).subarray(0, -20), /broken gzip data.*damaged or incomplete/],
    ['a flipped byte in gzip', 'a.jsonl.gz', withByte(gzipSync(lines), 300, (byte) => byte ^ 4), /broken gzip data/],
    ['cut zstd', 'a.jsonl.zst', fixture('pairs.jsonl.zst').subarray(0, -20), /broken zstd data.*damaged or incomplete/],
    ['text named .zst', 'a.jsonl.zst', lines, /not zstd data although it is named so/],
    ['gzip twice', 'a.jsonl.gz', gzipSync(gzipSync(lines)), /compressed twice/],
    ['Parquet in gzip', 'a.parquet.gz', gzipSync(fixture('pairs.none.parquet')), /a Parquet file inside gzip data/],
    [
      'cut Parquet',
      'a.parquet',
      fixture('pairs.none.parquet').subarray(0, 5000),
      /the end of the Parquet file is missing/,
    ],
    ['encrypted Parquet', 'a.parquet', 'PAREabcdPARE', /an encrypted Parquet file/],
    ['something else named .parquet', 'a.parquet', lines, /not Parquet although it is named \.parquet/],
    ['Parquet without its description', 'a.parquet', 'PAR1abcdabcdPAR1', /damaged Parquet: the description at its end/],
    [
      'Parquet with an empty description',
      'a.parquet',
      'PAR1\0\0\0\0PAR1',
      /damaged Parquet: the description at its end: cannot be decoded; get it again$/,
    ],
    ['a damaged page', 'a.parquet', damagedPage, /damaged Parquet: column "\w+", rows 1 to 2: /],
    ['CSV with a header only', 'a.csv', 'prompt,chosen,rejected\n', /^a\.csv: a header and no rows/],
    ['a column twice', 'a.csv', 'a,b,a\n1,2,3\n', /the header names column "a" twice/],
    ['a quote within a cell', 'a.csv', 'a,b\nx"y,z\n', /^a\.csv: broken CSV \([^{]*line 2\); put quotes around/],
    ['an open quote', 'a.csv', 'a,b\n1,2\n"x,3\n', /^a\.csv(, after line 2)?: broken CSV \(.*put quotes around/],
  ])('%s', async (_, name, content, message) => {
    expect(await refusal(name, content)).toMatch(message)
  })
})

describe('what is wrong with a file comes before what is wrong with a row', () => {
  it.each(['jsonl', 'csv', 'json'])('damaged gzip that reads as invalid rows: .%s', async (kind) => {
    const text = { jsonl: lines, csv: 'a,b\n1,2\n', json: JSON.stringify(pairs) }[kind] ?? ''
    const bytes = gzipSync(text, { level: 0 })
    // A quote in place of another byte, behind gzip's header of 10 bytes and the block's of 5.
    bytes[15 + text.indexOf(kind === 'csv' ? ',' : ':')] = 0x22
    expect(await refusal(`quote.${kind}.gz`, bytes)).toMatch(
      /^quote\.\w+\.gz: broken gzip data \(incorrect data check\).*damaged or incomplete: get it again$/,
    )
  })

  it('goes on behind a bad row of a sound file', async () => {
    expect(await readText('sound.jsonl.gz', gzipSync(`{"a": 1}\nbroken\n{"a": 2}\n`))).toEqual([
      { a: 1 },
      expect.stringMatching(/^line 2: invalid JSON/),
      { a: 2 },
    ])
  })

  it.each([
    ['grows', (path: string) => appendFileSync(path, lines)],
    ['shrinks', (path: string) => truncateSync(path, 40)],
  ])('a file that %s while it is read', async (_, change) => {
    const path = written('changing.jsonl', lines.repeat(2000))
    const readOn = async () => {
      let count = 0
      for await (const item of readRows({ path, name: 'changing.jsonl' })) {
        expect(item.number).toBeGreaterThan(0)
        if (++count === 3) change(path)
      }
    }
    await expect(readOn()).rejects.toThrow(
      /^changing\.jsonl(, after line \d+)?: it changed while it was read; start again/,
    )
  })
})
