import { readdirSync, readFileSync } from 'node:fs'
import { symlink, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type Hooks, silentHooks } from '../../events.ts'
import type { Group } from '../group.ts'
import { convertData } from './convert.ts'
import { convertOptionsSchema, splitOptionsSchema } from './transform-options.ts'
import { splitData } from './split.ts'
import { at, folder, json, many, message, read, rows, sha256 } from './fixtures/row-files.ts'

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

  it('counts margins that the target makes up', async () => {
    const pair = { prompt: [message('user', 'Colour?')], chosen: [message('assistant', 'Blue.')] }
    const pairs = ['Red.', 'Green.'].map((answer, index) => ({
      ...pair,
      rejected: [message('assistant', answer)],
      ...(index === 0 ? { margin: 2 } : {}),
    }))
    const { outputs } = await convert(await rows('no-margin.jsonl', pairs), 'steps.jsonl', { to: 'helpsteer2' })
    expect(outputs[0]?.lost).toEqual({ made_up_margin: 1, id: 2 })
  })

  it('counts what implicit pairs do not keep: plain texts run together, the prompt is no longer told apart', async () => {
    expect((await convertTo('pairs-implicit')).lost).toMatchObject({ text: 2, form: 1 })
  })

  it('makes turns of plain texts and transcripts, which loses nothing, and refuses texts without a prompt', async () => {
    const asked = { prompt: 'Name a river.', chosen: 'The Rhine.', rejected: 'Lake Como.' }
    const spoken = {
      chosen: '\n\nHuman: Name one.\n\nAssistant: Rhine',
      rejected: '\n\nHuman: Name one.\n\nAssistant: Como',
    }
    const { outputs } = await convert(await rows('turns.jsonl', [asked, spoken]), 'turned.jsonl', { to: 'messages' })
    expect(outputs[0]?.lost).toEqual({})
    const turned = await read(at('turned.jsonl'))
    expect(turned.map(({ form, prompt }) => [form, prompt])).toEqual([
      ['messages', [{ role: 'user', content: 'Name a river.' }]],
      ['messages', [{ role: 'user', content: 'Name one.' }]],
    ])
    const whole = await rows('whole-texts.jsonl', [{ chosen: 'The Rhine.', rejected: 'Lake Como.' }])
    await expect(convert(whole, 'none.jsonl', { to: 'messages' })).rejects.toThrow(/to messages: .*without a prompt/)
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
    const post = { domain: 'd', history: 'How?', score_ratio: 2, score_A: 2, score_B: 4 }
    const comments = { c_root_id_A: 'a', c_root_id_B: 'b', human_ref_A: 'So.', human_ref_B: 'No.' }
    const list = [1, 0].map((labels) => ({
      ...post,
      post_id: `p${labels}`,
      ...comments,
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
      /to hh: messages: found a turn of the role "system"/,
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
