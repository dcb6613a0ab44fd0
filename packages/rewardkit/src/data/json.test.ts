import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { openData } from './open-data.ts'
import { parseJson, withWholeCharacters } from './json.ts'
import { defaultDataOptions } from './data-options.ts'
import { parseRow } from './row.ts'
import { readPreferences, surveyPreferences } from './survey.ts'
import { convertData } from './transforms/convert.ts'
import { convertOptionsSchema } from './transforms/transform-options.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-json-'))
afterAll(() => rmSync(folder, { recursive: true }))

const groupsOf = async (path: string) =>
  (await readPreferences(await openData(path, defaultDataOptions, [], silentHooks))).groups

it('keeps all digits of integers beyond 2^53, and only of these', () => {
  const text = String.raw`{"id":9007199254740993,"a":[-12345678901234567890,{"b":9007199254740991}],"t":"say \"12345678901234567890, 1e999","f":0.12345678901234567890,"e":1e300,"n":1.10}`
  expect(parseRow(text)).toEqual({
    id: '9007199254740993',
    a: ['-12345678901234567890', { b: 9007199254740991 }],
    t: 'say "12345678901234567890, 1e999',
    f: Number('0.12345678901234567890'),
    e: 1e300,
    n: 1.1,
  })
})

it('refuses numbers that would become infinite, with their place', () => {
  expect(() => parseRow('{"meta":{"x":[1,-1e400]}}')).toThrow(
    'field "meta.x[1]": found a number beyond 1.8e308, expected one that can be held',
  )
  expect(parseJson('{"x":"1e400"}')).toEqual({ x: '1e400' })
})

it.each(['jsonl', 'parquet'])('writes them back with all digits: %s', async (kind) => {
  const path = join(folder, 'large.jsonl')
  writeFileSync(path, '{"id":12345678901234567891,"chosen":"a","rejected":"b","user":9007199254740993,"small":7}\n')
  const out = join(folder, `copy.${kind}`)
  await convertData(convertOptionsSchema.parse({ data: path, out, to: 'pairs' }))
  for (const file of [path, out]) {
    const [group] = await groupsOf(file)
    expect(group?.id).toBe('12345678901234567891')
    expect(group?.meta).toEqual({ user: '9007199254740993', small: 7 })
  }
})

it('replaces halves of characters alike in all kinds of files, and says so', async () => {
  const json = String.raw`{"prompt":"Hi \ud800 there","chosen":" \ud83d\ude00","rejected":" no \udc00"}`
  const path = join(folder, 'halves.jsonl')
  writeFileSync(path, `${json}\n${json.replace('Hi', 'Ho')}\n{"prompt":"q","chosen":"a","rejected":"b"}\n`)
  const { notices: reported } = await surveyPreferences(await openData(path, defaultDataOptions, [], silentHooks))
  expect(reported).toMatchObject([
    {
      kind: 'warning',
      message: `${path}: 2 rows have halves of characters (lone surrogates), which were replaced by U+FFFD`,
    },
  ])
  const [group] = await groupsOf(path)
  expect(group?.prompt[0]?.content).toBe('Hi \uFFFD there')
  expect(group?.responses.map(([message]) => message?.content)).toEqual([' 😀', ' no \uFFFD'])
  const out = join(folder, 'halves.parquet')
  await convertData(convertOptionsSchema.parse({ data: path, out }))
  expect((await groupsOf(out))[0]).toMatchObject({ prompt: group?.prompt, responses: group?.responses })
})

it('leaves values alone that are whole', () => {
  const value = { a: ['ü😀', { b: 1, c: null }] }
  expect(withWholeCharacters(value)).toBe(value)
  expect(withWholeCharacters({ '\ud800': ['x\udfff'] })).toEqual({ '\uFFFD': ['x\uFFFD'] })
})
