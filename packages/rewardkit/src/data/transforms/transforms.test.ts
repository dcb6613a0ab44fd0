import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Hooks, silentHooks } from '../../events.ts'
import type { Group } from '../group.ts'
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
} from './transform-options.ts'
import { splitData } from './split.ts'
import { at, json, many, message, read, rows, sha256 } from './fixtures/row-files.ts'

describe('splitData', () => {
  it('never parts what the user asks twice under two system turns', async () => {
    const asked = Array.from({ length: 60 }, (_, index) =>
      ['Be kind.', 'Be brief.'].map((system) => ({
        prompt: [message('system', system), message('user', `question ${index}`)],
        chosen: [message('assistant', 'a')],
        rejected: [message('assistant', 'b')],
      })),
    ).flat()
    const data = await rows('two-systems.jsonl', asked)
    for (const seed of [0, 1, 2]) {
      const out = at(`two-systems-${seed}`)
      await splitData(splitOptionsSchema.parse({ data, out, test: 0.3, seed }), silentHooks)
      const questions = async (name: string) =>
        new Set((await read(join(out, name))).map(({ prompt }) => prompt.find(({ role }) => role === 'user')?.content))
      const test = await questions('test.jsonl')
      expect(test.size).toBe(18)
      expect([...(await questions('train.jsonl'))].filter((question) => test.has(question))).toEqual([])
    }
  })

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

  it('draws row by row if asked to, and then shares prompts', async () => {
    const { train, test } = await split({ by: 'row', test: 0.1 })
    expect([train.length, test.length]).toEqual([270, 30])
    expect(sharedPrompts(train, test)).toBeGreaterThan(10)
  })

  it('gives every subset its share if asked to', async () => {
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

  it('does not mix with an earlier split, and replaces it whole if asked to', async () => {
    const data = await rows('many.jsonl', many)
    const out = at('twice')
    const run = (more: object) => splitData(splitOptionsSchema.parse({ data, out, ...more }), silentHooks)
    await run({ validation: 0.1 })
    await expect(run({})).rejects.toThrow(
      /already holds a split \(test\.jsonl, train\.jsonl, validation\.jsonl\).*overwrite: true/,
    )
    await run({ overwrite: true, type: 'jsonl.gz' })
    expect(readdirSync(out).toSorted()).toEqual(['provenance.json', 'test.jsonl.gz', 'train.jsonl.gz'])
  })

  it('sets validation rows aside alone', async () => {
    const { train, test, validation } = await split({ test: 0, validation: 0.1 })
    expect([train.length + validation.length, test.length]).toEqual([many.length, 0])
    expect(validation.length).toBeGreaterThanOrEqual(many.length / 10)
    await expect(split({ test: 0 })).rejects.toThrow(/^test: 0 leaves nothing to set aside; give test or validation/)
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
      leaked_rows: { exact: 2, user_turns: 0, normalised: 1, near: 1 },
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

  it('finds what the user says under another system turn, told apart from equal prompts', async () => {
    const under = (system: string, text: string) => [message('system', system.repeat(40)), message('user', text)]
    const find2 = async (more: object) =>
      findLeakage(
        leakageOptionsSchema.parse({
          data: await rows('systems.jsonl', [
            {
              id: 'same',
              prompt: under('Be kind. ', prompt),
              chosen: [message('assistant', 'a')],
              rejected: [message('assistant', 'b')],
            },
            {
              id: 'other',
              prompt: under('Be brief. ', prompt),
              chosen: [message('assistant', 'a')],
              rejected: [message('assistant', 'b')],
            },
            {
              id: 'case',
              prompt: under('Be brief. ', `${prompt.toUpperCase()}!`),
              chosen: [message('assistant', 'a')],
              rejected: [message('assistant', 'b')],
            },
            {
              id: 'near',
              prompt: under('Be brief. ', `${prompt} today`),
              chosen: [message('assistant', 'a')],
              rejected: [message('assistant', 'b')],
            },
            {
              id: 'none',
              prompt: under('Be kind. ', 'what is the capital of France'),
              chosen: [message('assistant', 'a')],
              rejected: [message('assistant', 'b')],
            },
          ]),
          against: await rows('kind.jsonl', [
            {
              id: 'e1',
              prompt: under('Be kind. ', prompt),
              chosen: [message('assistant', 'c')],
              rejected: [message('assistant', 'd')],
            },
          ]),
          ...more,
        }),
        silentHooks,
      )
    const { leakage } = await find2({})
    expect(leakage.leaked_rows).toEqual({ exact: 1, user_turns: 1, normalised: 1, near: 1 })
    expect(leakage.examples.map(({ id, match }) => [id, match])).toEqual([
      ['same', 'exact'],
      ['other', 'user_turns'],
      ['case', 'normalised'],
      ['near', 'near'],
    ])
    const { written } = await find2({ match: 'normalised', out: at('without.jsonl') })
    expect(written?.removed).toEqual({ exact_prompt: 1, user_turns_prompt: 1, normalised_prompt: 1 })
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
      expect.stringMatching(
        /skipped\.jsonl: 2 rows were skipped \(onError: 'skip'\):\n.*line 3: field "chosen".*\n.*line 4:/,
      ),
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
    await expect(mixData(options, silentHooks)).rejects.toThrow(/weights: found 1 number for 2 data sets/)
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
    [{ where: ['margin>1', 'chosen=x'] }, ['b'], { where: 2 }],
    [{ where: ['meta.lang=de'] }, ['b'], { where: 2 }],
  ])('keeps what fulfils %j', async (options, kept, removed) => {
    const data = await rows('filter.jsonl', list)
    const parsed = filterOptionsSchema.parse({ data, out: at('filtered.jsonl'), ...options })
    const result = await filterData(parsed, silentHooks)
    expect((await read(at('filtered.jsonl'))).map(({ id }) => id)).toEqual(kept)
    expect(result.removed).toEqual(removed)
  })

  it.each([
    [{ where: ['turns>many'] }, /where turns>many: found "many", expected a number/],
    [{ prompt: '(' }, /prompt: /],
    [{ where: ['nothing = here'] }, /no row is left to write \(3 where\).*no row has a column "nothing"/],
    [{ where: ['lang=fr'] }, /no row is left to write \(3 where\); look/],
  ])('refuses %j', async (options, error) => {
    const data = await rows('filter.jsonl', list)
    const parsed = filterOptionsSchema.parse({ data, out: at('none.jsonl'), ...options })
    await expect(filterData(parsed, silentHooks)).rejects.toThrow(error)
    expect(existsSync(at('none.jsonl'))).toBe(false)
  })
})

describe('filterData by ids', () => {
  const pairs = ['a', 'b', 'c'].map((id) => ({ id, prompt: `p ${id}`, chosen: 'x', rejected: 'y' }))
  const group = {
    id: 'g',
    prompt: 'which?',
    responses: ['one', 'two', 'three'],
    preferences: [
      { chosen: 0, rejected: 1 },
      { chosen: 0, rejected: 2 },
      { chosen: 1, rejected: 2 },
    ],
  }
  const filter = async (options: object, hooks: Hooks = silentHooks) => {
    const data = await rows('with-ids.jsonl', [...pairs, group])
    const result = await filterData(filterOptionsSchema.parse({ data, out: at('by-id.jsonl'), ...options }), hooks)
    const kept = (await read(at('by-id.jsonl'))).map(({ id, preferences }) =>
      preferences.length === 1 && id !== 'g'
        ? id
        : `${id} ${preferences.map((one) => `${one.chosen}-${one.rejected}`).join(' ')}`,
    )
    return { kept, removed: result.removed, record: json(result.provenance) }
  }
  const list = async (name: string, text: string) => {
    await writeFile(at(name), text)
    return at(name)
  }

  it.each([
    ['ids.txt', 'a\n\n c \ng\n'],
    ['ids.list', '\uFEFFa\r\nc\r\ng'],
    ['suspicious.jsonl', '{"id": "a", "reasons": ["near_tie"]}\n{"id": "c"}\n{"id": "g"}\n'],
    ['ids.json', '[{"id": "a"}, {"id": "c"}, {"id": "g"}]'],
    ['no-ending', '{"id": "a"}\n{"id": "c"}\n{"id": "g"}\n'],
    ['ids.csv', 'why,id\nx,a\ny,c\nz,g\n'],
  ])('keeps or drops the rows that %s names', async (name, text) => {
    const ids = await list(name, text)
    const [only, without] = [await filter({ ids }), await filter({ withoutIds: ids })]
    expect(only.kept).toEqual(['a', 'c', 'g 0-1 0-2 1-2'])
    expect(only.removed).toEqual({ ids: 1 })
    expect(without.kept).toEqual(['b'])
    expect(without.removed).toEqual({ without_ids: 5 })
    expect(without.record).toMatchObject({ options: { without_ids: { path: ids, sha256: sha256(ids) } } })
  })

  it('takes single pairs out of a group of several', async () => {
    const ids = await list('pairs.txt', 'g#0-2\nb')
    expect((await filter({ withoutIds: ids })).kept).toEqual(['a', 'c', 'g 0-1 1-2'])
    expect((await filter({ ids })).kept).toEqual(['b', 'g 0-2'])
  })

  it('matches whole ids only, also those that look like one of several, and rows without an id by their line', async () => {
    const data = await rows('odd-ids.jsonl', [
      { id: 'x#0-1', prompt: 'p', chosen: 'a', rejected: 'b' },
      { id: 12, prompt: 'q', chosen: 'a', rejected: 'b' },
      { prompt: 'r', chosen: 'a', rejected: 'b' },
      { id: 'x', prompt: 's', chosen: 'a', rejected: 'b' },
    ])
    const of = async (text: string) => (await filter({ data, ids: await list('odd.txt', text) })).kept
    expect(await of('x#0-1')).toEqual(['x#0-1'])
    expect(await of('12')).toEqual(['12'])
    expect(await of('line-3')).toEqual(['line-3'])
  })

  it('warns of ids that no row has, also where another condition dropped rows', async () => {
    const warnings: string[] = []
    const hooks: Hooks = {
      ...silentHooks,
      onEvent: (event) => event.kind === 'warning' && warnings.push(event.message),
    }
    const ids = await list('some.txt', 'a\nnot\nthere\nat\nall\nb')
    expect((await filter({ ids, prompt: ' b$' }, hooks)).kept).toEqual(['b'])
    expect(warnings).toEqual([`ids ${ids}: 4 of 6 ids are in no row ("not", "there", "at", ...)`])
  })

  it.each([
    [
      'none.txt',
      'no\nmore',
      /none\.txt: no row of .*with-ids\.jsonl has one of its ids \("no", "more"\); give the data that/,
    ],
    ['wrong.csv', 'name,why\na,b\n', /wrong\.csv, (row|line) \d: found no id; columns: name, why; name the column id/],
    ['broken.jsonl', '{"id": "a"}\n{', /broken\.jsonl, line 2: /],
  ])('refuses %s', async (name, text, error) => {
    const ids = await list(name, text)
    for (const option of ['ids', 'withoutIds']) {
      await expect(filter({ [option]: ids, out: at('refused.jsonl') })).rejects.toThrow(error)
      expect(existsSync(at('refused.jsonl'))).toBe(false)
    }
  })

  it('drops nothing by the empty suspicious.jsonl of an evaluation, says so, and cannot keep by it', async () => {
    const warnings: string[] = []
    const onEvent: Hooks['onEvent'] = (event) => event.kind === 'warning' && warnings.push(event.message)
    const ids = await list('empty.jsonl', '')
    const { kept, removed } = await filter({ withoutIds: ids }, { ...silentHooks, onEvent })
    expect({ kept, removed }).toEqual({ kept: ['a', 'b', 'c', 'g 0-1 0-2 1-2'], removed: {} })
    expect(warnings).toEqual([`withoutIds ${ids}: an empty file, so it drops nothing`])
    await expect(filter({ ids })).rejects.toThrow(/empty\.jsonl: empty file/)
  })

  it('refuses a file that is not there, and a folder', async () => {
    await expect(filter({ ids: at('nowhere.txt') })).rejects.toThrow(/nowhere\.txt: no such file/)
    await expect(filter({ ids: at('.') })).rejects.toThrow(/a folder; expected a file of ids/)
  })
})
