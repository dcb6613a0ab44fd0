import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { silentHooks } from '../events.ts'
import { openData } from './open-data.ts'
import { shares } from './mixture-shares.ts'
import { defaultDataOptions } from './data-options.ts'
import { readPreferences } from './survey.ts'

const part = (name: string, rest: { weight?: number; cap?: number } = {}) => ({ name, ...rest })

describe('shares', () => {
  it('takes all without weights, up to the caps', () => {
    expect(shares([10, 20], [part('a'), part('b', { cap: 5 })], undefined)).toEqual([10, 5])
  })

  it('takes as many as the weights allow', () => {
    expect(shares([100, 30], [part('a', { weight: 1 }), part('b', { weight: 1 })], undefined)).toEqual([30, 30])
    expect(shares([100, 30], [part('a', { weight: 3 }), part('b', { weight: 1 })], undefined)).toEqual([90, 30])
    expect(shares([100, 30], [part('a', { weight: 3, cap: 60 }), part('b', { weight: 1 })], undefined)).toEqual([
      60, 20,
    ])
  })

  it('sums to the total, whatever the weights', () => {
    for (const weights of [
      [1, 1, 1],
      [0.1, 0.2, 0.7],
      [5, 3, 3],
    ]) {
      for (const total of [1, 2, 10, 100]) {
        const parts = weights.map((weight, index) => part(String(index), { weight }))
        const counts = shares([100, 100, 100], parts, total)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(total)
        const sum = weights.reduce((all, weight) => all + weight, 0)
        counts.forEach((count, index) => expect(Math.abs(count - (total * at(weights, index)) / sum)).toBeLessThan(1))
      }
    }
  })

  it('divides a total without weights by size', () => {
    expect(shares([30, 10], [part('a'), part('b')], 8)).toEqual([6, 2])
  })

  it.each([
    [[part('a', { weight: 1 }), part('b')], undefined, /b has no weight/],
    [
      [part('a', { weight: 1 }), part('b', { weight: 1 })],
      50,
      /: b has 10 rows, but its weight asks for 25 of 50; lower total to 20 or its weight$/,
    ],
    [
      [part('a', { weight: 1, cap: 5 }), part('b', { weight: 1 })],
      20,
      /: a may give 5 of its 100 rows by its cap, but its weight asks for 10 of 20; lower total to 10 or its weight, or raise the cap$/,
    ],
    [[part('a'), part('b')], 200, /has 100 rows, but.*lower total to 110 or/],
  ])('refuses %j with a total of %s', (parts, total, message) => {
    expect(() => shares([100, 10], parts, total)).toThrow(message)
  })
})

/** Aliases of aliases: 10 ** 6 texts. */
const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]
${[1, 2, 3, 4, 5].map((level) => `a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]`).join('\n')}
parts: *a5`

describe('a mixture file', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardkit-mixture-'))
    const rows = (count: number, more = {}) =>
      Array.from({ length: count }, (_, k) =>
        JSON.stringify({ prompt: `p${k}`, chosen: 'a', rejected: 'b', ...more }),
      ).join('\n')
    await writeFile(join(folder, 'a.jsonl'), rows(20))
    await writeFile(join(folder, 'b.jsonl'), rows(10, { subset: 'x/y' }))
    await writeFile(join(folder, 'answers.jsonl'), '{"question": "q", "good": "a", "bad": "b"}')
  })
  afterAll(() => rm(folder, { recursive: true }))
  const read = async (text: string) => {
    await writeFile(join(folder, 'mix.yaml'), text)
    return readPreferences(await openData(join(folder, 'mix.yaml'), defaultDataOptions, [], silentHooks))
  }

  it('names subsets by part, draws rows by weight, and gives each part its options', async () => {
    const { groups } = await read(`
parts:
  - { data: a.jsonl, name: first, weight: 1 }
  - { data: b.jsonl, weight: 1, cap: 5 }
  - { data: answers.jsonl, weight: 0.2, columns: [prompt=question, chosen=good, rejected=bad] }
`)
    const counts = new Map<string, number>()
    for (const { subset = '' } of groups) counts.set(subset, (counts.get(subset) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({ first: 5, 'b/x/y': 5, answers: 1 })
    expect(new Set(groups.map(({ id }) => id)).size).toBe(11)
  })

  it('under a limit takes of every part by its share', async () => {
    const counted = async (text: string, limit: number) => {
      await writeFile(join(folder, 'mix.yaml'), text)
      const data = await openData(join(folder, 'mix.yaml'), { ...defaultDataOptions, limit }, [], silentHooks)
      return (await readPreferences(data, limit)).parts
    }
    expect(await counted('parts: [{data: a.jsonl}, {data: b.jsonl}]', 6)).toEqual({ a: 4, b: 2 })
    expect(await counted('parts: [{data: a.jsonl, weight: 1}, {data: b.jsonl, weight: 3}]', 8)).toEqual({ a: 2, b: 6 })
    expect(await counted('{total: 20, parts: [{data: a.jsonl}, {data: b.jsonl}]}', 3)).toEqual({ a: 2, b: 1 })
    expect(await counted('parts: [{data: a.jsonl}, {data: b.jsonl}]', 100)).toEqual({ a: 20, b: 10 })
  })

  it('reads plain texts of one part as turns where the part says so', async () => {
    const { groups } = await read('parts: [{data: a.jsonl, plain_texts: messages}, {data: b.jsonl}]')
    expect(groups.map(({ form }) => form)).toEqual([...Array(20).fill('messages'), ...Array(10).fill('text')])
    expect(groups[0]).toMatchObject({
      prompt: [{ role: 'user', content: 'p0' }],
      responses: [[{ role: 'assistant' }], [{}]],
    })
    await expect(read('parts: [{data: a.jsonl, plain_texts: as-is}]')).rejects.toThrow(
      /field "parts\[0\].plain_texts": found text "as-is", expected messages/,
    )
  })

  it('tells files of one name apart by their folders', async () => {
    await mkdir(join(folder, 'de'), { recursive: true })
    await copyFile(join(folder, 'answers.jsonl'), join(folder, 'de', 'answers.jsonl'))
    const { groups } = await read(
      'parts: [{data: answers.jsonl, columns: &c [prompt=question, chosen=good, rejected=bad]}, {data: de/answers.jsonl, columns: *c}]',
    )
    expect(groups.map(({ subset }) => subset)).toEqual(['answers.jsonl', 'de.answers.jsonl'])
  })

  it('has another hash where it takes other rows of the same files', async () => {
    const hash = async (weight: number) =>
      (await read(`parts: [{data: a.jsonl, weight: ${weight}}, {data: b.jsonl, weight: 1}]`)).sha256
    expect(await hash(1)).toBe(await hash(1))
    expect(await hash(1)).not.toBe(await hash(2))
  })

  it('gives the same data two names, and knows a subset that any part has', async () => {
    await writeFile(
      join(folder, 'same.yaml'),
      '{parts: [{data: a.jsonl}, {data: a.jsonl, cap: 3}, {data: b.jsonl, cap: 4}]}',
    )
    const { groups } = await readPreferences(
      await openData(join(folder, 'same.yaml'), defaultDataOptions, [], silentHooks),
    )
    expect(groups.filter(({ subset }) => subset === 'a')).toHaveLength(20)
    expect(groups.filter(({ subset }) => subset === 'a-2')).toHaveLength(3)
    expect(new Set(groups.map(({ id }) => id)).size).toBe(groups.length)
    await writeFile(join(folder, 'c.jsonl'), JSON.stringify({ prompt: 'q', chosen: 'a', rejected: 'b', subset: 'z' }))
    await writeFile(join(folder, 'subsets.yaml'), '{parts: [{data: b.jsonl, cap: 4}, {data: c.jsonl}]}')
    const open = (subsets: string[]) =>
      openData(join(folder, 'subsets.yaml'), { ...defaultDataOptions, subsets }, [], silentHooks).then((data) =>
        readPreferences(data),
      )
    expect((await open(['x/y', 'z'])).groups).toHaveLength(5)
    await expect(open(['x/y', 'z', 'nowhere'])).rejects.toThrow(
      /subsets\.yaml: subsets: found no subset "nowhere", only x\/y, z$/,
    )
  })

  it('takes the subsets that a part names by their own names, and a part without rows for a mistake', async () => {
    const mixtureOf = (subset: string) => `{parts: [{data: a.jsonl}, {data: b.jsonl, name: b, subsets: [${subset}]}]}`
    const { groups } = await read(mixtureOf('x/y'))
    expect(groups.filter(({ subset }) => subset === 'b/x/y')).toHaveLength(10)
    await expect(read(mixtureOf('b/x/y'))).rejects.toThrow(/b\.jsonl: subsets: found no subset "b\/x\/y", only x\/y$/)
  })

  it('draws the same rows again, and others with another seed', async () => {
    const text = (seed: number) => `{seed: ${seed}, total: 6, parts: [{data: a.jsonl}, {data: b.jsonl}]}`
    const prompts = async (seed: number) => (await read(text(seed))).groups.map(({ prompt }) => prompt[0]?.content)
    const first = await prompts(1)
    expect(await prompts(1)).toEqual(first)
    expect(await prompts(2)).not.toEqual(first)
    expect(first).toHaveLength(6)
  })

  it('is other data where a file of choices that it names says something else', async () => {
    await writeFile(join(folder, 'verdicts.csv'), 'q,x,y,v\n1?,ja,nein,links\n2?,gut,schlecht,rechts\n')
    const hashes: string[] = []
    for (const text of ['links: a\nrechts: b\n', 'links: b\nrechts: a\n']) {
      await writeFile(join(folder, 'sides.yaml'), text)
      const { sha256 } = await read(
        'parts: [{data: verdicts.csv, choices: sides.yaml, columns: {prompt: q, a: x, b: y, choice: v}}]',
      )
      hashes.push(sha256)
    }
    expect(hashes[0]).not.toBe(hashes[1])
  })

  it('reads tables of judgements, with choices in a file beside it and lists of columns', async () => {
    await writeFile(join(folder, 'choices.yaml'), 'links: a:2\nrechts: b\n')
    await writeFile(join(folder, 'judged.csv'), 'q,x,y,v\nWhy?,one,two,links\nHow?,three,four,rechts\n')
    const path = join(folder, 'judged.yaml')
    await writeFile(
      path,
      'parts: [{data: judged.csv, choices: choices.yaml, columns: {prompt: q, a: x, b: y, choice: v}}, {data: judged.csv, name: ranked, columns: {prompt: q, responses: [x, y]}}]',
    )
    const { groups } = await readPreferences(await openData(path, defaultDataOptions, [], silentHooks))
    expect(groups.map(({ preferences }) => preferences[0])).toEqual([
      { chosen: 0, rejected: 1, margin: 2 },
      { chosen: 1, rejected: 0 },
      { chosen: 0, rejected: 1, margin: 1 },
      { chosen: 0, rejected: 1, margin: 1 },
    ])
  })

  it('takes columns as a list or as a mapping', async () => {
    const columns = ['[prompt=question, chosen=good, rejected=bad]', '{prompt: question, chosen: good, rejected: bad}']
    const [list, mapping] = await Promise.all(
      columns.map(async (text, index) => {
        const path = join(folder, `columns-${index}.yaml`)
        await writeFile(path, `parts: [{data: answers.jsonl, columns: ${text}}]`)
        return readPreferences(await openData(path, defaultDataOptions, [], silentHooks))
      }),
    )
    expect(mapping?.groups).toEqual(list?.groups)
    expect(mapping?.groups[0]?.prompt[0]?.content).toBe('q')
  })

  it('keeps the options that are given with it where a part says nothing', async () => {
    await writeFile(join(folder, 'partly.jsonl'), '{"prompt": "q", "chosen": "a", "rejected": "b"}\nno JSON\n')
    const path = join(folder, 'partly.yaml')
    const options = { ...defaultDataOptions, onError: 'skip' } as const
    const readWith = async (more: string) => {
      await writeFile(path, `parts: [{data: partly.jsonl${more}}]`)
      return readPreferences(await openData(path, options, [], silentHooks))
    }
    expect((await readWith('')).groups).toHaveLength(1)
    await expect(readWith(', on_error: stop')).rejects.toThrow(/line 2: invalid JSON/)
  })

  it('looks beside the mixture for what is nowhere, and names what is near', async () => {
    await expect(read('parts: [{data: anwsers.jsonl}]')).rejects.toThrow(
      `${join(folder, 'anwsers.jsonl')}: no such file; did you mean answers.jsonl?`,
    )
  })

  it.each([
    ['parts: []', /mix\.yaml: field "parts": found an empty list, expected a list, each a part .*docs\/data-steps\.md/],
    ['total: 5', /mix\.yaml: field "parts": found nothing, expected a list/],
    ['parts: {data: a.jsonl}', /mix\.yaml: field "parts": found an object, expected a list/],
    ['part: []', /mix\.yaml: unknown field "part", expected parts, total, seed; did you mean parts\?/],
    ['parts: [a.jsonl]', /mix\.yaml: field "parts\[0\]": found text "a\.jsonl", expected a part \{data, /],
    ['parts: [{name: a}]', /mix\.yaml: field "parts\[0\]\.data": found nothing, expected the name of a file/],
    ['parts: [{data: a.jsonl, wieght: 2}]', /unknown field "parts\[0\]\.wieght", .*did you mean weight\?/],
    ['parts: [{data: a.jsonl, cap: 0}]', /"parts\[0\]\.cap": found 0, expected a whole number above 0/],
    ['parts: [{data: a.jsonl, on_error: skp}]', /"parts\[0\]\.on_error": found "skp".*did you mean skip\?/],
    [
      'parts: [{data: a.jsonl, columns: {prompt: [a]}}]',
      /"parts\[0\]\.columns\.prompt": found a list, expected the name/,
    ],
    ['parts: [{data: a.jsonl, columns: {promt: a}}]', /"parts\[0\]\.columns": found "promt=a", expected NAME=COLUMN/],
    ['{total: many, parts: [{data: a.jsonl}]}', /field "total": found "many", expected a whole number above 0/],
    ['parts: [{data: a.jsonl, name: a/b}]', /"parts\[0\]\.name": found "a\/b", expected a name without a slash/],
    ['parts: [{data: a.jsonl, name: x}, {data: b.jsonl, name: x}]', /two parts are called "x"; give each a name/],
    ['parts: [{data: a.jsonl, on_error: skip, onError: stop}]', /on_error and onError are the same option; keep one/],
    ['parts: [{data: nowhere.jsonl}]', /nowhere\.jsonl: no such file/],
    ['parts: [{', /invalid YAML/],
    ['parts: [{data: mix.yaml}]', /mix\.yaml is a mixture itself/],
    ['', /mix\.yaml: (?!:).*expected parts/],
    [bomb, /mix\.yaml: invalid YAML: .*; write it without aliases/],
    ['hello', /mix\.yaml: .*expected parts/],
  ])('refuses %s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message)
  })
})
