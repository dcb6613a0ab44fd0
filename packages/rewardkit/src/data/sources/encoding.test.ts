import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, expect, it } from 'vitest'
import { dataOptionsSchema } from '../data-options.ts'
import { createReading, readRows } from './read-rows.ts'
import { inProgramWords } from '../../phrase.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-encodings-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function read(name: string, content: Uint8Array, encoding?: string): Promise<unknown[]> {
  const path = join(folder, name)
  writeFileSync(path, content)
  const found: unknown[] = []
  for await (const item of readRows({ path, name }, createReading(encoding === undefined ? {} : { encoding })))
    found.push('error' in item ? `${item.error}; ${inProgramWords(item.remedy ?? '')}` : item.row)
  return found
}

const rows = [{ prompt: 'Können Sie mir die Rückerstattung erklären?', chosen: 'Natürlich.' }]
const csv = `prompt,chosen\n"${rows[0]?.prompt}",${rows[0]?.chosen}\n`
const lines = `${JSON.stringify(rows[0])}\n`
const bigEndian = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()

it.each([
  ['latin1', 'a.csv', Buffer.from(csv, 'latin1')],
  ['latin1', 'a.jsonl', Buffer.from(lines, 'latin1')],
  ['windows-1252', 'b.csv.gz', gzipSync(Buffer.from(csv, 'latin1'))],
  ['iso-8859-1', 'a.json', Buffer.from(JSON.stringify(rows), 'latin1')],
  ['utf-16', 'c.csv', Buffer.from(`\uFEFF${csv}`, 'utf16le')],
  ['utf-16', 'd.csv', bigEndian(csv)],
  ['utf-16le', 'c.jsonl', Buffer.from(lines, 'utf16le')],
  ['utf-8', 'e.csv', Buffer.from(`\uFEFF${csv}`)],
])('reads %s: %s', async (encoding, name, content) => {
  expect(await read(name, content, encoding)).toEqual(rows)
})

it('reads what Windows writes in place of control characters', async () => {
  // “Ja” – 5 €, as iconv -t cp1252 writes it.
  const bytes = Buffer.concat([
    Buffer.from('a,b\n'),
    Buffer.from([0x93, 0x4a, 0x61, 0x94, 0x20, 0x96, 0x20, 0x35, 0x20, 0x80]),
    Buffer.from(',x\n'),
  ])
  for (const encoding of ['latin1', 'windows-1252'])
    expect(await read('w.csv', bytes, encoding)).toEqual([{ a: '“Ja” – 5 €', b: 'x' }])
})

it('reads a character that is cut between two pieces of the file', async () => {
  // Shift JIS has two bytes a letter; an odd number of others puts one across the border of 256 KiB.
  const bytes = Buffer.concat([
    Buffer.from(`{"a": "${'x'.repeat((1 << 18) - 8)}`),
    Buffer.from([0x93, 0xfa]),
    Buffer.from('"}\n'),
  ])
  expect(await read('j.jsonl', bytes, 'shift_jis')).toEqual([{ a: `${'x'.repeat((1 << 18) - 8)}日` }])
})

it('names the option where bytes are not UTF-8, and an unknown encoding', async () => {
  for (const [name, text] of [
    ['n.csv', csv],
    ['n.jsonl', lines],
  ] as const)
    expect(await read(name, Buffer.from(text, 'latin1'))).toEqual([
      expect.stringMatching(/bytes that are not valid UTF-8; .*encoding: 'latin1'$/),
    ])
  await expect(read('o.jsonl', Buffer.from([0x7b, 0xd8]), 'utf-16')).rejects.toThrow(
    /not valid utf-16le; give encoding/,
  )
  expect(dataOptionsSchema.safeParse({ encoding: 'latin-9000' }).error?.issues[0]?.message).toMatch(
    /found "latin-9000", expected the name of an encoding/,
  )
})
