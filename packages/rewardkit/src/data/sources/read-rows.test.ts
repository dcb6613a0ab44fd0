import { appendFileSync, truncateSync } from 'node:fs'
import { deflateRawSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fixture, lines, pairs, readText, refusal, written } from './fixtures/read-files.ts'
import { createReading, readRows } from './read-rows.ts'

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

  it('continues after items of a list that cannot be read', async () => {
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
    ['examples, after a mark', `\uFEFF${JSON.stringify({ examples: inside })}\n`],
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

  it('is reported, and refused if the server has cut cells', async () => {
    const path = written(
      'windowed.json',
      JSON.stringify({ rows: [{ row_idx: 0, row: { a: 1 }, truncated_cells: ['a'] }] }),
    )
    const reading = createReading()
    const found = []
    for await (const item of readRows({ path, name: path }, reading)) found.push(item)
    expect(found).toMatchObject([{ number: 1, error: 'the server has cut a' }])
    expect(reading.notes.list()).toMatchObject([{ kind: 'log', message: 'rows are read from the field "rows"' }])
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
    ['UTF-16', 'a.jsonl', Buffer.from('\uFEFF{"a": 1}', 'utf16le'), /found UTF-16 text.*encoding: 'utf-16' reads it/],
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
    // A quote in place of another byte, after gzip's header of 10 bytes and the block's of 5.
    bytes[15 + text.indexOf(kind === 'csv' ? ',' : ':')] = 0x22
    expect(await refusal(`quote.${kind}.gz`, bytes)).toMatch(
      /^quote\.\w+\.gz: broken gzip data \(incorrect data check\).*damaged or incomplete: get it again$/,
    )
  })

  it('continues after a bad row of a sound file', async () => {
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
