import { describe, expect, it, test } from 'vitest'
import { type Hooks, silentHooks } from '../../events.ts'
import type { LayoutName } from '../layouts/layout-list.ts'
import type { Group } from '../group.ts'
import { convertData } from './convert.ts'
import { dedupeData } from './dedupe.ts'
import { convertOptionsSchema, dedupeOptionsSchema } from './transform-options.ts'
import { at, message, read, rows } from './fixtures/row-files.ts'

const call = (city: string) => ({
  role: 'assistant',
  content: null,
  tool_calls: [{ id: 'c1', function: { name: 'weather', arguments: { city, days: [1, 2], exact: true } } }],
})
const tools = [{ type: 'function', function: { name: 'weather', parameters: { properties: { city: {} } } } }]
const kinds = [
  { id: 'calls', prompt: [message('user', 'Ulm?')], chosen: [call('Ulm')], rejected: [call('Bonn')], tools },
  {
    id: 'reasoning',
    prompt: [message('user', 'Why?')],
    chosen: [{ ...message('assistant', 'So.'), reasoning_content: 'Hm.' }],
    rejected: [message('assistant', 'No.')],
    documents: [{ title: 'T', text: 'x' }],
    chat_template_kwargs: { enable_thinking: true },
    meta: { a: 1 },
  },
]
const convert = async (out: string, to?: LayoutName, list: readonly object[] = kinds, hooks: Hooks = silentHooks) =>
  convertData(convertOptionsSchema.parse({ data: await rows('kinds.jsonl', list), to, out: at(out) }), hooks)
const bare = (group: Group): Group => ({ ...group, id: '' })

describe.each(['jsonl', 'jsonl.gz', 'parquet'])('as %s', (kind) => {
  it('our own layouts keep fields and inputs', async () => {
    const before = await read(await rows('kinds.jsonl', kinds))
    for (const to of [undefined, 'pairs', 'pairs-implicit', 'groups'] as const) {
      const { outputs } = await convert(`own-${to}.${kind}`, to)
      expect(outputs[0]?.lost).toEqual({})
      const again = await read(at(`own-${to}.${kind}`))
      expect(again.map(bare)).toEqual(before.map(bare))
    }
  })
})

test('layouts of texts say what they cannot hold', async () => {
  const { outputs } = await convert('texts.jsonl', 'rewardbench', kinds.slice(1))
  expect(outputs[0]?.lost).toMatchObject({ message_fields: 1 })
  const [group] = await read(at('texts.jsonl'))
  expect(group?.inputs).toEqual({ documents: kinds[1]?.documents, chat_template_kwargs: { enable_thinking: true } })
})

test('rows that differ in calls or tools are not duplicates', async () => {
  const [first] = kinds
  const list = [first, { ...first, tools: undefined }, { ...first, chosen: [call('Kiel')] }, first]
  const data = await rows(
    'twice.jsonl',
    list.map((row, id) => ({ ...row, id })),
  )
  await dedupeData(dedupeOptionsSchema.parse({ data, out: at('once.jsonl') }), silentHooks)
  expect((await read(at('once.jsonl'))).map(({ id }) => id)).toEqual(['0', '1', '2'])
})

test("pairs that end with the user's turn are counted, or left out", async () => {
  const ending = [message('assistant', 'A'), message('user', 'And?')]
  const row = { prompt: [message('user', 'Why?')], chosen: ending, rejected: [message('assistant', 'B')] }
  const reported: string[] = []
  const hooks: Hooks = { ...silentHooks, onEvent: (event) => event.kind === 'warning' && reported.push(event.message) }
  await convert('kept.jsonl', undefined, [row, ...kinds, row], hooks)
  expect(reported.join('\n')).toContain(
    "2 pairs end with the user's turn, where the reward is read; lastTurnUser: 'drop'",
  )
  const data = await rows('ends.jsonl', [row, ...kinds])
  const options = { data, out: at('dropped.jsonl'), lastTurnUser: 'drop' }
  const { read: counts } = await convertData(convertOptionsSchema.parse(options), silentHooks)
  expect(counts).toMatchObject({ pairs: 2, dropped: { user_last: 1 } })
})

test('a column that looks like the missing prompt is a warning, before it goes to meta for good', async () => {
  const reported: string[] = []
  const hooks: Hooks = { ...silentHooks, onEvent: (event) => event.kind === 'warning' && reported.push(event.message) }
  await convert('no-prompt.jsonl', undefined, [{ question: 'Why?', chosen: 'A', rejected: 'B' }], hooks)
  expect(reported).toEqual([
    expect.stringContaining(`"question" looks like one; columns: ['prompt=question'] reads it`),
  ])
})
