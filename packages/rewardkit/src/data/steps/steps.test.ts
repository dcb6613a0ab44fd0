import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Hooks, silentHooks } from '../../events.ts'
import { openData } from '../data-set.ts'
import type { Group } from '../group.ts'
import { defaultDataOptions } from '../options.ts'
import { readPreferences } from '../survey.ts'
import { convertData } from './convert.ts'
import { dedupeData } from './dedupe.ts'
import { filterData } from './filter.ts'
import { findLeakage } from './leakage.ts'
import { mixData } from './mix.ts'
import {
  convertOptionsSchema,
  dedupeOptionsSchema,
  filterOptionsSchema,
  leakageOptionsSchema,
  mixOptionsSchema,
  splitOptionsSchema,
} from './options.ts'
import { splitData } from './split.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardkit-steps-'))
})
afterAll(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)
async function rows(name: string, list: readonly object[]): Promise<string> {
  await writeFile(at(name), list.map((row) => JSON.stringify(row)).join('\n'))
  return at(name)
}
const read = async (path: string): Promise<readonly Group[]> =>
  (await readPreferences(await openData(path, defaultDataOptions, [], silentHooks))).groups
const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))
const sha256 = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex')

const message = (role: string, content: string) => ({ role, content })
/** Every kind of row of our own. */
const kinds = [
  { id: 'text', prompt: 'The sky is', chosen: ' blue.', rejected: ' green.', margin: 1.5, weight: 2, subset: 's' },
  { id: 'whole', chosen: 'The sky is blue.', rejected: 'The sky is green.', probability: 0.75 },
  {
    id: 'messages',
    prompt: [message('system', 'Be brief.'), message('user', 'Colour?')],
    chosen: [message('assistant', 'Blue.')],
    rejected: [message('assistant', 'Green.')],
    meta: { nested: { list: [1, null, 'ü'] } },
  },
  {
    id: 'diverging',
    chosen: [message('user', 'A'), message('assistant', 'b'), message('user', 'C'), message('assistant', 'd')],
    rejected: [message('user', 'A'), message('assistant', 'e'), message('user', 'F'), message('assistant', 'g')],
  },
  {
    id: 'transcript',
    chosen: '\n\nHuman: A\n\nHuman: B\n\nAssistant:  two blanks',
    rejected: '\n\nHuman: A\n\nHuman: B\n\nAssistant: no',
  },
  {
    id: 'ranked',
    prompt: 'Best?',
    responses: ['one', 'two', 'three'],
    preferences: [
      { chosen: 2, rejected: 0, margin: 2 },
      { chosen: 1, rejected: 0 },
    ],
  },
]

/** Layouts of others that hold any pair of texts. */
const foreignPairs = [
  'alpacaeval',
  'helpsteer2',
  'helpsteer3',
  'judgebench',
  'pandalm',
  'rewardbench',
  'rmb-pairs',
  'safe-rlhf',
  'shp',
  'skywork',
  'ultrafeedback-binarized',
  'webgpt',
  'arena',
]

describe('convertData', () => {
  const convert = (data: string, out: string, options: object = {}) =>
    convertData(convertOptionsSchema.parse({ data, out: at(out), ...options }), silentHooks)

  it('keeps all in our own layouts, and writes the same bytes from what it wrote', async () => {
    const source = await rows('kinds.jsonl', kinds)
    const first = await convert(source, 'first.jsonl')
    expect(first.outputs).toMatchObject([{ groups: 6, pairs: 7, rows: 6, lost: {} }])
    expect(await read(at('first.jsonl'))).toEqual(await read(source))
    await convert(at('first.jsonl'), 'second.jsonl')
    expect(readFileSync(at('second.jsonl'))).toEqual(readFileSync(at('first.jsonl')))
  })

  it('keeps all in Parquet, too, where pairs and groups share one table', async () => {
    const source = await rows('kinds.jsonl', kinds)
    await convert(source, 'kinds.parquet')
    expect(await read(at('kinds.parquet'))).toEqual(await read(source))
  })

  it.each(foreignPairs)(
    'turns a soft label round in %s where the rejected response is the likelier, and makes no preference of a tie',
    async (to) => {
      const soft = (question: string, probability: number) => ({
        prompt: [message('user', question)],
        chosen: [message('assistant', 'A')],
        rejected: [message('assistant', 'B')],
        ...(to === 'webgpt' ? { margin: probability < 0.5 ? -1 : 1 } : {}),
        probability,
      })
      const source = await rows('soft.jsonl', [soft('one', 0.9), soft('two', 0.2), soft('three', 0.5)])
      const { outputs } = await convert(source, `soft-${to}.jsonl`, { to })
      const written = await read(at(`soft-${to}.jsonl`))
      const better = ({ prompt, responses, preferences: [first] }: Group) => [
        prompt[0]?.content,
        responses[first?.chosen ?? -1]?.[0]?.content,
      ]
      expect(written.map(better)).toEqual([
        ['one', 'A'],
        ['two', 'B'],
      ])
      expect(outputs[0]?.lost).not.toHaveProperty('text')
    },
  )

  const convertTo = async (to: string) => {
    const source = await rows('kinds.jsonl', kinds)
    const { outputs } = await convert(source, `${to}.jsonl`, { to })
    const groups = await read(source)
    const written = await read(at(`${to}.jsonl`))
    expect(written.flatMap(({ preferences }) => preferences)).toHaveLength(7)
    return { groups, written, lost: outputs[0]?.lost }
  }

  it('keeps all in groups', async () => {
    const { groups, written, lost } = await convertTo('groups')
    expect(written).toEqual(groups)
    expect(lost).toEqual({})
  })

  it('counts what pairs do not keep: a transcript becomes messages, a third response is gone', async () => {
    const { groups, written, lost } = await convertTo('pairs')
    const textsOf = (list: readonly Group[]) =>
      list.flatMap(({ prompt, responses, preferences }) =>
        preferences.map(({ chosen, rejected }) =>
          JSON.stringify([chosen, rejected].map((index) => [...prompt, ...(responses[index] ?? [])])),
        ),
      )
    expect(textsOf(written)).toEqual(textsOf(groups))
    expect(lost).toEqual({ form: 1 })
  })

  it('counts what implicit pairs do not keep: plain texts run together, the prompt is no longer told apart', async () => {
    expect((await convertTo('pairs-implicit')).lost).toMatchObject({ text: 2, form: 1 })
  })

  it('says what is wrong with the first row where none can be read', async () => {
    const source = await rows('wrong.jsonl', [{ prompt: 'a', chosen: true, rejected: 'b' }])
    await expect(convert(source, 'none.jsonl', { onError: 'skip' })).rejects.toThrow(
      /no row is left to write \(1 unreadable\); the first unreadable row: .*wrong\.jsonl, line 1: field "chosen"/,
    )
  })

  it('says that there is no row', async () => {
    const path = fileURLToPath(new URL('../sources/fixtures/no-rows.parquet', import.meta.url))
    await expect(convert(path, 'none.jsonl')).rejects.toThrow(/no-rows\.parquet: there is no row; look into the file$/)
  })

  it('refuses to write over what it reads, by whatever name, and leaves it as it was', async () => {
    const source = await rows('in-place.jsonl', kinds)
    const before = readFileSync(source)
    await symlink(source, at('other-name.jsonl'))
    await expect(convert(source, 'in-place.jsonl')).rejects.toThrow(/in-place\.jsonl cannot be written.*name another/)
    await expect(convert(at('other-name.jsonl'), 'in-place.jsonl')).rejects.toThrow(/one of the files that are read/)
    await expect(convert(source, 'other-name.jsonl')).rejects.toThrow(/one of the files that are read/)
    expect(readFileSync(source)).toEqual(before)
  })

  it('keeps the places of two responses, to which other columns refer, on the way through our own layout', async () => {
    const post = { domain: 'd', history: 'How?', score_ratio: 2 }
    const list = [1, 0].map((labels) => ({
      ...post,
      post_id: `p${labels}`,
      ...{ c_root_id_A: 'a', c_root_id_B: 'b', score_A: 2, score_B: 4, human_ref_A: 'So.', human_ref_B: 'No.' },
      labels,
    }))
    const source = await rows('places.jsonl', list)
    await convert(source, 'own.jsonl')
    const { outputs } = await convert(at('own.jsonl'), 'back.jsonl', { to: 'shp' })
    const written = readFileSync(at('back.jsonl'), 'utf8').trim().split('\n')
    expect(written.map((line) => JSON.parse(line) as unknown)).toEqual(list)
    expect(outputs[0]?.lost).toEqual({})
    const lost = await convert(source, 'implicit.jsonl', { to: 'hh' })
    expect(lost.outputs[0]?.lost).toMatchObject({ position: 1 })
  })

  it('says which row a layout cannot hold, and leaves nothing behind', async () => {
    const source = await rows('system.jsonl', [kinds[0] ?? {}, kinds[2] ?? {}])
    await expect(convert(source, 'hh.jsonl', { to: 'hh' })).rejects.toThrow(
      /--to hh: messages: found a turn of the role "system"/,
    )
    expect(readdirSync(folder).filter((name) => name.startsWith('hh.jsonl'))).toEqual([])
  })

  it('writes where the rows came from, step after step, and the same record again', async () => {
    const source = await rows('chain.jsonl', [...kinds, { prompt: 'p', chosen: 'same', rejected: 'same' }])
    await convert(source, 'step-1.jsonl')
    const { provenance } = await convert(at('step-1.jsonl'), 'step-2.jsonl', { to: 'groups' })
    const record = json(provenance)
    expect(record).toMatchObject({
      step: 'data convert',
      options: { to: 'groups', data_format: 'auto' },
      read: { groups: 6, pairs: 7, dropped: {} },
      outputs: [{ sha256: sha256(at('step-2.jsonl')), pairs: 7 }],
      sources: [
        {
          files: [
            {
              sha256: sha256(at('step-1.jsonl')),
              made_by: {
                read: { dropped: { identical_responses: 1 } },
                sources: [{ files: [{ sha256: sha256(source) }] }],
              },
            },
          ],
        },
      ],
    })
    await convert(at('step-1.jsonl'), 'step-2.jsonl', { to: 'groups' })
    expect(json(provenance)).toEqual(record)
  })

  it('takes the record of a split, and none that is about other bytes or no record', async () => {
    const data = await rows('to-split.jsonl', many)
    await splitData(splitOptionsSchema.parse({ data, out: at('chained') }), silentHooks)
    const { provenance } = await convert(at('chained/train.jsonl'), 'chained.jsonl')
    expect(json(provenance)).toMatchObject({ sources: [{ files: [{ made_by: { step: 'data split' } }] }] })
    await writeFile(at('chained/provenance.json'), `{"${sha256(at('chained/train.jsonl'))}": `)
    const { provenance: without } = await convert(at('chained/train.jsonl'), 'unchained.jsonl')
    expect(JSON.stringify(json(without))).not.toContain('made_by')
  })

  it('leaves the old file when it is interrupted', async () => {
    const source = await rows('old.jsonl', kinds)
    await writeFile(at('kept.jsonl'), 'old')
    let asked = 0
    const hooks: Hooks = { onEvent: () => {}, shouldStop: () => ++asked > 2 }
    const options = convertOptionsSchema.parse({ data: source, out: at('kept.jsonl') })
    await expect(convertData(options, hooks)).rejects.toThrow(/stopped on request/)
    expect(readFileSync(at('kept.jsonl'), 'utf8')).toBe('old')
    expect(readdirSync(folder).filter((name) => name.startsWith('kept.jsonl'))).toEqual(['kept.jsonl'])
  })
})

/** 300 rows of 100 prompts in three subsets of 60, 30 and 10 prompts. */
const many = Array.from({ length: 300 }, (_, k) => {
  const prompt = k % 100
  const subset = prompt < 60 ? 'large' : prompt < 90 ? 'middle' : 'small'
  return { id: String(k), prompt: `prompt ${prompt}`, chosen: `a ${k}`, rejected: `b ${k}`, subset }
})

describe('splitData', () => {
  it('leaves nothing behind where one of its files cannot be written', async () => {
    const data = await rows('few.jsonl', many.slice(0, 20))
    await mkdir(at('taken/test.jsonl'), { recursive: true })
    const options = splitOptionsSchema.parse({ data, out: at('taken') })
    await expect(splitData(options, silentHooks)).rejects.toThrow(/test\.jsonl: it is a folder/)
    expect(readdirSync(at('taken'))).toEqual(['test.jsonl'])
  })

  const split = async (options: object) => {
    const data = await rows('many.jsonl', many)
    const out = at(`split-${JSON.stringify(options).replaceAll(/\W+/g, '-')}`)
    await splitData(splitOptionsSchema.parse({ data, out, ...options }), silentHooks)
    const part = async (name: string) =>
      existsSync(join(out, `${name}.jsonl`)) ? await read(join(out, `${name}.jsonl`)) : []
    return {
      train: await part('train'),
      test: await part('test'),
      validation: await part('validation'),
      record: json(join(out, 'provenance.json')),
    }
  }
  const prompts = (groups: readonly Group[]) => new Set(groups.map(({ promptId }) => promptId))
  const sharedPrompts = (...parts: (readonly Group[])[]) => {
    const all = parts.map(prompts)
    return all.reduce((sum, one) => sum + one.size, 0) - new Set(all.flatMap((one) => [...one])).size
  }

  it.each([0, 1, 2])('shares no prompt and loses no row (seed %i)', async (seed) => {
    const { train, test, validation } = await split({ test: 0.2, validation: 0.1, seed })
    expect(sharedPrompts(train, test, validation)).toBe(0)
    expect([train.length, test.length, validation.length]).toEqual([210, 60, 30])
    const ids = [...train, ...test, ...validation].map(({ id }) => Number(id)).toSorted((a, b) => a - b)
    expect(ids).toEqual(many.map(({ id }) => Number(id)))
  })

  it('keeps the order of the rows, and draws others with another seed', async () => {
    const [first, second] = [await split({ seed: 3 }), await split({ seed: 4 })]
    const ids = first.test.map(({ id }) => Number(id))
    expect(ids).toEqual(ids.toSorted((a, b) => a - b))
    expect(second.test.map(({ id }) => id)).not.toEqual(first.test.map(({ id }) => id))
  })

  it('draws row by row when told to, and then shares prompts', async () => {
    const { train, test } = await split({ by: 'row', test: 0.1 })
    expect([train.length, test.length]).toEqual([270, 30])
    expect(sharedPrompts(train, test)).toBeGreaterThan(10)
  })

  it('gives every subset its share when told to', async () => {
    const { test, train } = await split({ stratify: true, test: 0.1 })
    const count = (subset: string) => test.filter((group) => group.subset === subset).length
    expect([count('large'), count('middle'), count('small')]).toEqual([18, 9, 3])
    expect(sharedPrompts(train, test)).toBe(0)
  })

  it('writes one record for all files', async () => {
    const { record } = await split({ test: 0.5 })
    expect(record).toMatchObject({
      step: 'data split',
      read: { pairs: 300 },
      outputs: [{ pairs: 150 }, { pairs: 150 }],
    })
  })

  it('does not mix with an earlier split, and replaces it whole when told to', async () => {
    const data = await rows('many.jsonl', many)
    const out = at('twice')
    const run = (more: object) => splitData(splitOptionsSchema.parse({ data, out, ...more }), silentHooks)
    await run({ validation: 0.1 })
    await expect(run({})).rejects.toThrow(
      /already holds a split \(test\.jsonl, train\.jsonl, validation\.jsonl\).*--overwrite/,
    )
    await run({ overwrite: true, type: 'jsonl.gz' })
    expect(readdirSync(out).toSorted()).toEqual(['provenance.json', 'test.jsonl.gz', 'train.jsonl.gz'])
  })

  it('refuses shares that leave nothing', async () => {
    await expect(split({ test: 0.7, validation: 0.3 })).rejects.toThrow(/fraction/)
    const data = await rows('two.jsonl', many.slice(0, 1))
    const options = splitOptionsSchema.parse({ data, out: at('two') })
    await expect(splitData(options, silentHooks)).rejects.toThrow(/one part empty/)
    expect(existsSync(at('two'))).toBe(false)
  })
})

describe('dedupeData', () => {
  const long = 'a sentence of many different words that goes on for a while so that one word more changes little of it'
  const list = [
    { id: '1', prompt: 'Q?', chosen: long, rejected: 'no' },
    { id: '2', prompt: 'Q?', chosen: long, rejected: 'no', margin: 3 },
    { id: '3', prompt: 'q', chosen: `${long}!`, rejected: 'No.' },
    { id: '4', prompt: 'Q?', chosen: `${long} indeed`, rejected: 'no' },
    { id: '5', prompt: 'Q?', chosen: 'no', rejected: long },
    { id: '6', prompt: 'Another?', chosen: 'x', rejected: 'y' },
  ]
  it.each([
    [{ match: 'exact' }, ['1', '3', '4', '5', '6']],
    [{ match: 'normalised' }, ['1', '4', '5', '6']],
    [{ match: 'near', threshold: 0.8 }, ['1', '6']],
    [{ match: 'exact', of: 'prompt' }, ['1', '3', '6']],
    [{ match: 'normalised', of: 'prompt' }, ['1', '6']],
  ])('leaves out what %j finds again', async (options, kept) => {
    const data = await rows('repeats.jsonl', list)
    const parsed = dedupeOptionsSchema.parse({ data, out: at('unique.jsonl'), ...options })
    const { removed } = await dedupeData(parsed, silentHooks)
    expect((await read(at('unique.jsonl'))).map(({ id }) => id)).toEqual(kept)
    expect(Object.values(removed)).toEqual([list.length - kept.length])
  })
})

describe('findLeakage', () => {
  const prompt = 'please write a short poem about the sea and the wind and the old house on the hill'
  const data = [
    { id: 'exact', prompt, chosen: 'a', rejected: 'b' },
    { id: 'same', prompt, chosen: 'c', rejected: 'd' },
    { id: 'normalised', prompt: `${prompt.toUpperCase()}!`, chosen: 'a', rejected: 'b' },
    { id: 'near', prompt: `${prompt} today`, chosen: 'a', rejected: 'b' },
    { id: 'new', prompt: 'what is the capital of France', chosen: 'a', rejected: 'b' },
  ]
  const against = [
    { id: 'e1', prompt, chosen: 'c', rejected: 'd' },
    { id: 'e2', prompt: 'something that nobody else asks at all', chosen: 'a', rejected: 'b' },
  ]
  const find = async (options: object) =>
    findLeakage(
      leakageOptionsSchema.parse({
        data: await rows('train.jsonl', data),
        against: await rows('test.jsonl', against),
        ...options,
      }),
      silentHooks,
    )

  it('counts rows and prompts by how they were found', async () => {
    const { leakage } = await find({})
    expect(leakage).toMatchObject({
      rows: 5,
      prompts: 4,
      leaked_rows: { exact: 2, normalised: 1, near: 1 },
      leaked_pairs: 1,
      evaluation_prompts: 2,
      leaked_evaluation_prompts: 1,
    })
    expect(leakage.examples.map(({ id, against: other }) => [id, other])).toEqual([
      ['exact', 'e1'],
      ['same', 'e1'],
      ['normalised', 'e1'],
      ['near', 'e1'],
    ])
    // 15 runs of four words against 14 of them and one more.
    expect(leakage.examples[3]?.similarity).toBeCloseTo(15 / 16, 10)
  })

  it('says which rows of either were skipped: their prompts are not compared', async () => {
    const bad = { id: 'bad', prompt: 'p', chosen: true, rejected: 'b' }
    const options = leakageOptionsSchema.parse({
      data: await rows('whole.jsonl', data),
      against: await rows('skipped.jsonl', [...against, bad, bad]),
      onError: 'skip',
    })
    const warnings: string[] = []
    const onEvent: Hooks['onEvent'] = (event) => {
      if (event.kind === 'warning') warnings.push(event.message)
    }
    await findLeakage(options, { ...silentHooks, onEvent })
    expect(warnings).toEqual([
      expect.stringMatching(/skipped\.jsonl: 2 rows could not be read and were skipped .*line 3: field "chosen"/),
    ])
  })

  it.each([
    ['exact', ['normalised', 'near', 'new']],
    ['normalised', ['near', 'new']],
    ['near', ['new']],
  ])('writes the rest up to a match that is %s', async (match, kept) => {
    const { written } = await find({ out: at('clean.jsonl'), match })
    expect((await read(at('clean.jsonl'))).map(({ id }) => id)).toEqual(kept)
    expect(written?.outputs[0]?.pairs).toBe(kept.length)
    expect(json(at('clean.jsonl.provenance.json'))).toMatchObject({ sources: [{}, {}] })
  })
})

describe('mixData', () => {
  it('draws in the proportions asked for and names each row by its source', async () => {
    const [a, b] = [await rows('a.jsonl', many), await rows('b.jsonl', many.slice(0, 50))]
    const mix = async (seed: number) => {
      const options = mixOptionsSchema.parse({ sources: [a, b], weights: [3, 1], out: at('mixed.jsonl'), seed })
      await mixData(options, silentHooks)
      return read(at('mixed.jsonl'))
    }
    const groups = await mix(0)
    expect(groups.filter(({ subset }) => subset?.startsWith('a/'))).toHaveLength(150)
    expect(groups.filter(({ subset }) => subset?.startsWith('b/'))).toHaveLength(50)
    expect(await mix(0)).toEqual(groups)
    expect(await mix(1)).not.toEqual(groups)
  })

  it('records the file of a mixture, with any verb', async () => {
    await rows('a.jsonl', many)
    await writeFile(at('some.yaml'), 'parts: [{data: a.jsonl, cap: 20}]')
    const mixed = await mixData(
      mixOptionsSchema.parse({ sources: [at('some.yaml')], out: at('m1.jsonl') }),
      silentHooks,
    )
    const converted = await convertData(
      convertOptionsSchema.parse({ data: at('some.yaml'), out: at('m2.jsonl') }),
      silentHooks,
    )
    expect(readFileSync(at('m2.jsonl'))).toEqual(readFileSync(at('m1.jsonl')))
    for (const { provenance } of [mixed, converted])
      expect(json(provenance)).toMatchObject({
        sources: [{ files: [{ sha256: sha256(at('some.yaml')) }] }, { files: [{ sha256: sha256(at('a.jsonl')) }] }],
      })
  })

  it('writes down what was asked of each part and what it gave', async () => {
    await rows('a.jsonl', many)
    await rows('b.jsonl', many.slice(0, 50))
    const parts = '[{data: a.jsonl, weight: 1}, {data: b.jsonl, name: few, weight: 1, cap: 20, ties: half}]'
    await writeFile(at('mix.yaml'), `{seed: 7, parts: ${parts}}`)
    const { provenance } = await mixData(
      mixOptionsSchema.parse({ sources: [at('mix.yaml')], out: at('mixed.jsonl') }),
      silentHooks,
    )
    expect(json(provenance)).toMatchObject({
      mixture: { seed: 7 },
      sources: [
        { name: at('mix.yaml') },
        { part: { name: 'a', weight: 1, rows: 300, taken: 20, options: {} } },
        { part: { name: 'few', weight: 1, cap: 20, rows: 50, taken: 20, options: { ties: 'half' } } },
      ],
    })
  })

  it('refuses a list of another length', async () => {
    const a = await rows('a.jsonl', many)
    const options = mixOptionsSchema.parse({ sources: [a, a], weights: [1], out: at('mixed.jsonl') })
    await expect(mixData(options, silentHooks)).rejects.toThrow(/--weights: found 1 numbers for 2 data sets/)
  })
})

describe('filterData', () => {
  const list = [
    { id: 'a', prompt: 'short', chosen: 'xxxx', rejected: 'yy', margin: 0.5, subset: 's', lang: 'en', turns: 2 },
    { id: 'b', prompt: 'Summarise this', chosen: 'x', rejected: 'yy', margin: 2, lang: 'de', turns: 10 },
    {
      id: 'c',
      prompt: [message('user', 'x'), message('assistant', 'y'), message('user', 'z')],
      chosen: 'xx',
      rejected: 'y',
    },
  ]
  it.each([
    [{ minMargin: 1 }, ['b'], { min_margin: 2 }],
    [{ maxMargin: 0.5 }, ['a'], { max_margin: 2 }],
    [{ minCharacters: 2 }, ['a'], { min_characters: 2 }],
    [{ maxCharacters: 2 }, ['b', 'c'], { max_characters: 1 }],
    [{ maxTurns: 1 }, ['a', 'b'], { max_turns: 1 }],
    [{ maxPromptCharacters: 6 }, ['a', 'c'], { max_prompt_characters: 1 }],
    [{ prompt: '^Summar' }, ['b'], { prompt: 2 }],
    [{ where: ['lang=en'] }, ['a'], { where: 2 }],
    [{ where: ['lang!=en', 'turns>=10'] }, ['b'], { where: 2 }],
    [{ where: ['turns<3'] }, ['a'], { where: 2 }],
    [{ where: ['subset=s'] }, ['a'], { where: 2 }],
    [{ where: ['meta.lang=de'] }, ['b'], { where: 2 }],
  ])('keeps what fulfils %j', async (options, kept, removed) => {
    const data = await rows('filter.jsonl', list)
    const parsed = filterOptionsSchema.parse({ data, out: at('filtered.jsonl'), ...options })
    const result = await filterData(parsed, silentHooks)
    expect((await read(at('filtered.jsonl'))).map(({ id }) => id)).toEqual(kept)
    expect(result.removed).toEqual(removed)
  })

  it.each([
    [{ where: ['turns>many'] }, /--where turns>many: found "many", expected a number/],
    [{ prompt: '(' }, /--prompt: /],
    [{ where: ['nothing = here'] }, /no row is left to write \(3 where\).*no row has a column "nothing"/],
    [{ where: ['lang=fr'] }, /no row is left to write \(3 where\); look/],
  ])('refuses %j', async (options, error) => {
    const data = await rows('filter.jsonl', list)
    const parsed = filterOptionsSchema.parse({ data, out: at('none.jsonl'), ...options })
    await expect(filterData(parsed, silentHooks)).rejects.toThrow(error)
    expect(existsSync(at('none.jsonl'))).toBe(false)
  })
})
