import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InputError } from '../errors.ts'
import type { Group } from './group.ts'
import { linesOf } from './lines.ts'
import { silentHooks } from '../events.ts'
import { openData } from './open-data.ts'
import { type DataOptions, defaultDataOptions } from './data-options.ts'
import { readGroups } from './read-groups.ts'
import { skippedRecord } from './skipped-rows.ts'
import * as survey from './survey.ts'
import { parseRow } from './row.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardkit-data-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content)
  return path
}

interface Reading extends Partial<DataOptions> {
  readonly limit?: number
}
const open = (path: string, options: Partial<DataOptions> = {}) =>
  openData(path, { ...defaultDataOptions, ...options }, [], silentHooks)
const readPreferences = async (path: string, { limit, ...options }: Reading = {}) =>
  survey.readPreferences(await open(path, options), limit)

const pair = (prompt: string, chosen = 'yes', rejected = 'no') => JSON.stringify({ prompt, chosen, rejected })
const tenPairs = Array.from({ length: 10 }, (_, index) => pair(`question ${index}`)).join('\n')

describe('readPreferences', () => {
  it('reads plain and gzip files alike and hashes the bytes on the disk', async () => {
    const bytes = gzipSync(tenPairs)
    const plain = await readPreferences(await file('plain.jsonl', tenPairs))
    const packed = await readPreferences(await file('packed.jsonl.gz', bytes))
    expect(packed.groups).toEqual(plain.groups)
    expect(plain.read).toBe(10)
    expect(plain.sha256).toBe(createHash('sha256').update(tenPairs).digest('hex'))
    expect(packed.sha256).toBe(createHash('sha256').update(bytes).digest('hex'))
  })

  it('copes with CRLF, a byte order mark, blank lines and no line end at the end', async () => {
    const text = `\uFEFF${pair('one')}\r\n\r\n${pair('zwei ü')}`
    const { groups } = await readPreferences(await file('windows.jsonl', text))
    expect(groups.map(({ id, prompt }) => [id, prompt[0]?.content])).toEqual([
      ['line-1', 'one'],
      ['line-3', 'zwei ü'],
    ])
  })

  it('counts degenerate preferences by reason', async () => {
    const rows = [pair('1'), pair('2', 'same', 'same'), pair('3', '', 'no'), pair('4', 'yes', ' \n')]
    const { groups, read, dropped } = await readPreferences(await file('some.jsonl', rows.join('\n')))
    expect(groups).toHaveLength(1)
    expect(read).toBe(4)
    expect(dropped).toEqual({ identical_responses: 1, empty_response: 2 })
  })

  it('reads pairs where --columns says which columns hold them, whatever layout the others look like', async () => {
    const row = JSON.stringify({ prompt: 'why?', answers: ['because', 'no'] })
    const path = await file('mapped.jsonl', row)
    const { groups, layouts } = await readPreferences(path, { columns: ['chosen=answers.0', 'rejected=answers.1'] })
    expect(layouts).toEqual(['pairs'])
    expect(groups[0]?.responses.map(([message]) => message?.content)).toEqual(['because', 'no'])
  })

  it('leaves out prompts of other layouts that ask nothing, which our own could not be read with', async () => {
    const judgebench = (question: string) =>
      JSON.stringify({ pair_id: 'x', question, response_A: 'a', response_B: 'b', label: 'A>B' })
    const { groups, dropped } = await readPreferences(
      await file('blank.jsonl', [judgebench('why?'), judgebench(' \n')].join('\n')),
    )
    expect(groups).toHaveLength(1)
    expect(dropped).toEqual({ empty_prompt: 1 })
  })

  it('drops only the degenerate preferences of a larger group', async () => {
    const preferences = [
      { chosen: 0, rejected: 1 },
      { chosen: 0, rejected: 2 },
    ]
    const row = JSON.stringify({ prompt: 'p', responses: ['a', 'b', 'a'], preferences })
    const { groups, read, dropped } = await readPreferences(await file('group.jsonl', row))
    expect(groups[0]?.preferences).toEqual([{ chosen: 0, rejected: 1 }])
    expect([read, dropped]).toEqual([2, { identical_responses: 1 }])
  })

  it('tells repeated ids apart, default ids included', async () => {
    const named = (id: string) => pair('p').replace('{', `{"id": "${id}", `)
    const rows = [named('a'), named('a'), named('line-4'), pair('p'), named('a@line-2')]
    const { groups } = await readPreferences(await file('ids.jsonl', rows.join('\n')))
    const ids = groups.map(({ id }) => id)
    expect(ids).toEqual(['a', 'a@line-2', 'line-4', 'line-4@line-4', 'a@line-2@line-5'])
  })

  it('skips and counts bad lines if asked to', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${pair('1')}\n{"chosen": 3}\n{"prompt": "a", "prompt": "b"}\n`),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from(pair('5')),
    ])
    const path = await file('bad.jsonl', bytes)
    const { groups, read, dropped, skipped } = await readPreferences(path, { onError: 'skip' })
    expect(groups.map(({ id }) => id)).toEqual(['line-1', 'line-5'])
    expect([read, dropped]).toEqual([5, { unreadable: 3 }])
    expect(skipped.count).toBe(dropped['unreadable'])
    expect(skippedRecord(skipped).first[0]).toMatch(/bad\.jsonl, line 2: field "chosen"/)
    await expect(readPreferences(path)).rejects.toThrow(/line 2/)
  })

  it('gathers the rows of a group from all over a file, and counts what was left out of it', async () => {
    const rating = (id: string, text: string, overall: unknown) =>
      JSON.stringify({ info: { id, article: `Article ${id}` }, summary: { text, axes: { overall } } })
    const lines = [
      rating('a', 'x', 7),
      rating('b', 'x', 2),
      rating('a', 'y', 4),
      rating('a', 'z', 4),
      rating('b', 'x', 3),
    ]
    const path = await file('ratings.jsonl', [...lines, rating('b', 'y', '5')].join('\n'))
    await expect(readPreferences(path)).rejects.toThrow(`${path}, line 6: field "summary.axes.overall": found text "5"`)
    const { groups, dropped, read, layouts } = await readPreferences(path, { onError: 'skip' })
    expect(groups.map(({ id, preferences }) => [id, preferences])).toEqual([
      [
        'a',
        [
          { chosen: 0, rejected: 1, margin: 3 },
          { chosen: 0, rejected: 2, margin: 3 },
        ],
      ],
    ])
    expect(dropped).toEqual({ tie: 1, single_response: 1, unreadable: 1 })
    expect(read).toBe(5)
    expect(layouts).toEqual(['summarize-axis'])
  })

  it('advises to skip rows only where some could be read', async () => {
    const first = await file('first.jsonl', '{"question": "a"}')
    await expect(readPreferences(first)).rejects.toThrow(/line 1: found the fields question/)
    const layout = await file('layout.jsonl', pair('a'))
    await expect(readPreferences(layout, { dataFormat: 'shp' })).rejects.toThrow(/check the layout \(dataFormat\)/)
    const later = await file('later.jsonl', `${pair('a')}\n{"prompt": "b", "chosen": 3, "rejected": "c"}`)
    await expect(readPreferences(later)).rejects.toThrow(/line 2: .*onError: 'skip' leaves such rows out/)
  })

  it('leaves a preference of weight 0 out', async () => {
    const rows = [pair('1'), pair('2').replace('{', '{"weight": 0, ')]
    const { dropped } = await readPreferences(await file('weights.jsonl', rows.join('\n')))
    expect(dropped).toEqual({ zero_weight: 1 })
  })

  it('refuses a subset that is not there, with those that are', async () => {
    const rows = ['easy', 'hard'].map((subset) => JSON.stringify({ prompt: 'q', chosen: 'a', rejected: 'b', subset }))
    const path = await file('subsets.jsonl', rows.join('\n'))
    expect((await readPreferences(path, { subsets: ['hard'] })).kept).toBe(1)
    for (const subsets of [['herd'], ['easy', 'herd']])
      await expect(readPreferences(path, { subsets })).rejects.toThrow(
        /subsets\.jsonl: subsets: found no subset "herd", only easy, hard; did you mean hard\?$/,
      )
    await expect(readPreferences(await file('none.jsonl', pair('q')), { subsets: ['a'] })).rejects.toThrow(
      /subsets: found no subset "a", rows name no subset$/,
    )
  })

  it('asks for the layout where texts are missing, not where a number is wrong', async () => {
    const text = await file('out.jsonl', '{"prompt":"q","chosen":1,"rejected":"b"}')
    await expect(readPreferences(text)).rejects.toThrow(/found number 1, expected text.*check the layout/)
    const misleading = await file(': found text a, expected a number.jsonl', '{"prompt":"q","chosen":1,"rejected":"b"}')
    await expect(readPreferences(misleading)).rejects.toThrow(/found number 1, expected text.*check the layout/)
    const range = await file('range.jsonl', '{"prompt":"q","chosen":"a","rejected":"b","probability":3}')
    await expect(readPreferences(range)).rejects.toThrow(
      /a number between 0 and 1; onError: 'skip' leaves such rows out$/,
    )
  })

  it('says that a number is in quotes', async () => {
    const path = await file('quoted.jsonl', '{"prompt":"q","chosen":"a","rejected":"b","margin":"2.0"}')
    await expect(readPreferences(path)).rejects.toThrow(
      /field "margin": found text "2\.0", expected a finite number; write it without quotes$/,
    )
  })

  it('refuses a pipe, which could not be read twice', async () => {
    await expect(readPreferences('/dev/null')).rejects.toThrow(/a pipe or device.*- reads standard input/)
  })

  it('stops at the limit', async () => {
    const { groups, read } = await readPreferences(await file('limit.jsonl', `${tenPairs}\nbroken`), { limit: 3 })
    expect([groups.length, read]).toEqual([3, 3])
  })

  const lines = (last: string) => `${tenPairs}\n${Array(6).fill(pair('again')).join('\n')}\n${last}\n`
  it.each([
    [
      'invalid JSON on line 17',
      'a.jsonl',
      lines('{"prompt": "x", '),
      /a\.jsonl, line 17: invalid JSON \(.*\); write one/,
    ],
    [
      'NaN',
      'b.jsonl',
      lines('{"prompt": "x", "margin": NaN}'),
      /b\.jsonl, line 17: field "margin": found NaN, expected a/,
    ],
    [
      'a missing field',
      'c.jsonl',
      lines('{"prompt": "x", "chosen": "a"}'),
      /c\.jsonl, line 17: field "rejected": found/,
    ],
    ['a list of something else', 'd.json', '[1]', /d\.json, row 1: found number 1, expected a JSON object/],
    ['no preference', 'e.jsonl', '{"prompt": "p", "response": "r"}', /e\.jsonl, line 1: no preference; .*score/],
    ['an empty file', 'f.jsonl', '', /f\.jsonl: empty file/],
    ['an empty gzip file', 'g.jsonl.gz', gzipSync(''), /g\.jsonl\.gz: empty file/],
    [
      'a cut gzip file',
      'h.jsonl.gz',
      gzipSync(tenPairs).subarray(0, 60),
      /h\.jsonl\.gz: broken gzip data \(unexpected end/,
    ],
    ['something else named .gz', 'i.jsonl.gz', tenPairs, /i\.jsonl\.gz: not gzip data although/],
    [
      'only degenerate pairs',
      'j.jsonl',
      pair('p', 'a', 'a'),
      /j\.jsonl: none of the 1 preferences is usable \(identical_r/,
    ],
    [
      'a repeated key',
      'l.jsonl',
      '{"prompt": "p", "\\u0070rompt": "q"}',
      /l\.jsonl, line 1: field "prompt" appears twice/,
    ],
    ['deep nesting', 'm.jsonl', `{"meta": ${'['.repeat(1000)}${']'.repeat(1000)}}`, /line 1: nested deeper than 1000/],
    ['a NUL byte', 'n.jsonl', '{"prompt": "\0"}', /line 1: invalid JSON \(a NUL byte\)/],
    ['half an object', 'k.jsonl', Buffer.from([0x7b, 0x0a]), /k\.jsonl, line 1: invalid JSON/],
  ])('tells in one line: %s', async (_, name, content, message) => {
    const error: unknown = await readPreferences(await file(name, content)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(InputError)
    expect(String(error)).toMatch(message)
    expect(String(error)).not.toContain('\n')
  })

  it('names the line that is not valid UTF-8', async () => {
    const path = await file(
      'latin1.jsonl',
      Buffer.concat([Buffer.from(`${pair('a')}\n`), Buffer.from('{"prompt": "\xfc"}', 'latin1')]),
    )
    await expect(readPreferences(path)).rejects.toThrow(/latin1\.jsonl, line 2: bytes that are not valid UTF-8/)
  })

  it('names the nearest file where there is none', async () => {
    await file('harmless-train.jsonl', tenPairs)
    await expect(readPreferences(join(folder, 'harmles-train.jsonl'))).rejects.toThrow(
      /did you mean harmless-train\.jsonl\?/,
    )
    await expect(readPreferences(join(folder, 'nowhere', 'x.jsonl'))).rejects.toThrow(/no such file \(no folder/)
  })
})

describe('shards', () => {
  const fixture = (name: string) => readFile(new URL(`sources/fixtures/${name}`, import.meta.url))
  const shards = async (contents: Readonly<Record<string, string>>) => {
    const place = await mkdtemp(join(folder, 'shards-'))
    for (const [name, from] of Object.entries(contents)) await writeFile(join(place, name), await fixture(from))
    return place
  }

  it('may be empty among others, in which bad rows are skipped if asked to', async () => {
    const place = await shards({ 'a.parquet': 'no-rows.parquet', 'b.parquet': 'pairs.zstd.parquet' })
    await expect(readPreferences(place)).rejects.toThrow(/b\.parquet, row 4: field "prompt": found empty text/)
    const { groups, dropped } = await readPreferences(place, { onError: 'skip' })
    expect(groups.map(({ id }) => id)).toEqual(['a', 'b', 'e'])
    expect(dropped).toEqual({ unreadable: 1, empty_response: 1 })
  })

  it('must not all be empty', async () => {
    const place = await shards({ 'a.parquet': 'no-rows.parquet' })
    await expect(readPreferences(place)).rejects.toThrow(/: no rows; expected preferences/)
  })
})

describe('long lines', () => {
  it('names a line over the limit and continues after it', async () => {
    const mebibyte = Buffer.alloc(1 << 20, 'x')
    function* chunks() {
      yield Buffer.from('first\n')
      for (let i = 0; i < 33; i++) yield mebibyte
      yield Buffer.from('\nlast')
    }
    const lines = []
    for await (const line of linesOf(Readable.from(chunks()))) lines.push(line)
    expect(lines).toEqual([
      { number: 1, text: 'first' },
      { number: 2, error: expect.stringContaining('longer than 32 MiB') as unknown },
      { number: 3, text: 'last' },
    ])
  })

  it('finds NaN after a megabyte of quotes and of colons', () => {
    for (const noise of ['\\"', ': NaN ']) {
      const text = `{"prompt": "${noise.repeat(200_000)}", "margin": NaN}`
      expect(() => parseRow(text)).toThrow(/field "margin": found NaN/)
    }
  })

  it('keeps what looks like structure inside strings', () => {
    const row = { a: '{"a": 1, "a": 2}', b: '\\', c: { a: ['x', 'x'], b: 'a,b:"' }, 'd"': 1, d: [{ a: 1 }, { a: 2 }] }
    expect(parseRow(JSON.stringify(row))).toEqual(row)
  })
})

it('names the columns that no layout reads, and none that a layout of others reads and keeps', async () => {
  const alpaca = { instruction: 'Name a river.', input: 'In Germany.', chosen: 'Rhine.', rejected: 'Como.', rater: 7 }
  const { unread, layouts } = await readPreferences(
    await file('kept.jsonl', [alpaca, alpaca].map((row) => JSON.stringify(row)).join('\n')),
  )
  expect(layouts).toEqual(['alpaca'])
  expect(unread.rows).toEqual({ rater: 2 })
})

describe('surveyedGroups', () => {
  const collect = async (path: string, { limit, ...options }: Reading = {}) => {
    const found = await survey.surveyPreferences(await open(path, options), limit)
    const again = async () => {
      const groups: Group[] = []
      for await (const { group } of survey.surveyedGroups(found)) groups.push(group)
      return groups
    }
    return { found, again }
  }

  it('gives the groups that the survey counted', async () => {
    const rows = [pair('1'), 'broken', pair('3', 'same', 'same'), pair('4'), pair('5')]
    const path = await file('surveyed.jsonl', rows.join('\n'))
    const options = { limit: 2, onError: 'skip' } as const
    const { found, again } = await collect(path, options)
    expect(found).toMatchObject({ kept: 2, read: 4, dropped: { unreadable: 1, identical_responses: 1 } })
    expect((await again()).map(({ id }) => id)).toEqual(['line-1', 'line-4'])
    expect(await again()).toEqual((await readPreferences(path, options)).groups)
  })

  it('notices that the file has changed since', async () => {
    const path = await file('changing.jsonl', tenPairs)
    for (const changed of [`${tenPairs}\n${pair('more')}`, pair('less')]) {
      await writeFile(path, tenPairs)
      const { again } = await collect(path)
      await writeFile(path, changed)
      await expect(again()).rejects.toThrow(/changing\.jsonl: it changed while it was read/)
    }
  })
})

describe('streaming', () => {
  it('yields the first group before it meets a broken line', async () => {
    const groups = readGroups(await open(await file('late.jsonl', `${pair('a')}\nbroken`)))
    expect((await groups.next()).value).toMatchObject({ place: expect.stringMatching(/line 1$/) as unknown })
    await expect(groups.next()).rejects.toThrow(/line 2: invalid JSON/)
  })

  it('cuts lines at the same places however the bytes are chunked', async () => {
    const text = 'für\r\n\n中文 🎉\nlast'
    const bytes = Buffer.from(text)
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, k) =>
        bytes.subarray(k * size, (k + 1) * size),
      )
      const lines = []
      for await (const line of linesOf(Readable.from(chunks)))
        lines.push([line.number, 'text' in line ? line.text : line.error])
      expect(lines).toEqual([
        [1, 'für'],
        [3, '中文 🎉'],
        [4, 'last'],
      ])
    }
  })
})
