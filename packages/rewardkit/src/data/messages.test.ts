import { createHash } from 'node:crypto'
import { describe, expect, it, test } from 'vitest'
import { pairGroup } from './build.ts'
import { degenerate } from './degenerate.ts'
import { groupFromRow } from './layouts/index.ts'
import { defaultDataOptions } from './data-options.ts'
import { exactKey } from './similarity/texts.ts'

const user = { role: 'user', content: 'Weather in Ulm?' }
const call = (args: unknown) => ({ id: 'c1', type: 'function', function: { name: 'weather', arguments: args } })
const calling = (args: unknown) => ({ role: 'assistant', content: null, tool_calls: [call(args)] })
const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }]
const read = (row: object, options = {}) => groupFromRow({ ...row }, 'line-1', { ...defaultDataOptions, ...options })
const pair = (chosen: unknown, rejected: unknown, more = {}) => ({ prompt: [user], chosen, rejected, ...more })
const reasonOf = (row: object) => {
  const group = read(row)
  return group.preferences.map((preference) => degenerate(group, preference))[0]
}

describe('a message', () => {
  it('keeps all of its fields, but those that are null', () => {
    const tool = { role: 'tool', tool_call_id: 'c1', name: 'weather', content: '21' }
    const { prompt, responses } = read({
      prompt: [{ ...user, name: null }, calling({ city: 'Ulm' }), tool],
      chosen: [{ role: 'assistant', content: 'So.', reasoning_content: 'Hm.', weight: 0 }],
      rejected: [{ role: 'assistant', content: 'No.' }],
    })
    expect(prompt).toEqual([user, calling({ city: 'Ulm' }), tool])
    expect(Object.keys(prompt[2] ?? {})).toEqual(['role', 'tool_call_id', 'name', 'content'])
    expect(responses[0]).toEqual([{ role: 'assistant', content: 'So.', reasoning_content: 'Hm.', weight: 0 }])
  })

  it('may have no content where other fields are there', () => {
    const { content: _, ...absent } = calling({})
    expect(read(pair([absent], [calling('x')])).responses[0]).toEqual([calling({})])
    expect(() => read(pair([{ role: 'assistant' }], [calling('x')]))).toThrow('found nothing, expected text')
  })

  it('is one text where its content is a list of texts', () => {
    const parts = [{ type: 'text', text: 'a ', image_url: null }, { type: 'text', text: 'b' }, 'c']
    expect(read(pair([{ role: 'assistant', content: parts }], [calling({})])).responses[0]).toEqual([
      { role: 'assistant', content: 'a bc' },
    ])
  })

  it('is refused with other parts, which are named and counted', () => {
    const image = { type: 'image_url', image_url: { url: 'x' } }
    const content = [image, { type: 'text', text: 'What is this?' }, image, 7]
    expect(() => read({ ...pair('a', 'b'), prompt: [{ role: 'user', content }] })).toThrow(
      'field "prompt[0].content": found a list of 4 parts with 2 image_url, 1 number 7, expected parts of text only',
    )
  })
})

describe('responses', () => {
  it.each([
    ['that differ in calls', pair([calling({ city: 'Ulm' })], [calling({ city: 'Bonn' })]), undefined],
    ['with calls in place of content', pair([calling({})], [{ role: 'assistant', content: 'No.' }]), undefined],
    [
      'with the same call, its keys in another order',
      pair([calling({ a: 1, b: 2 })], [calling({ b: 2, a: 1 })]),
      'identical_responses',
    ],
    ['without content', pair([{ role: 'assistant', content: null }], [calling({})]), 'empty_response'],
    [
      'with a name and nothing else',
      pair([{ role: 'assistant', content: null, name: 'bot', id: 7, tool_calls: [] }], [calling({})]),
      'empty_response',
    ],
  ])('%s', (_, row, reason) => {
    expect(reasonOf(row)).toBe(reason)
  })
})

test('roles and contents alone have the prompt id that they always had', () => {
  const turns = [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ]
  const key = JSON.stringify([JSON.stringify(turns.map(({ role, content }) => [role, content]))])
  const hash = createHash('sha256').update(key).digest('hex').slice(0, 16)
  expect(read({ prompt: turns, chosen: 'a', rejected: 'b' }).promptId).toBe(hash)
  expect(pairGroup({ id: '', prompt: turns, chosen: 'a', rejected: 'b' }).promptId).toBe(hash)
  const nulls = turns.map((turn) => ({ ...turn, tool_calls: null }))
  expect(read({ prompt: nulls, chosen: 'a', rejected: 'b' }).promptId).toBe(hash)
  const named = turns.map((turn) => ({ ...turn, name: 'x' }))
  expect(read({ prompt: named, chosen: 'a', rejected: 'b' }).promptId).not.toBe(hash)
})

describe('inputs of the template', () => {
  const inputs = { tools, documents: [{ title: 'T', text: 'x' }], chat_template_kwargs: { enable_thinking: false } }
  const asText = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, JSON.stringify(value)]))
  const answers = pair([{ role: 'assistant', content: 'A' }], [{ role: 'assistant', content: 'B' }])

  it('come from columns, as values or as JSON text', () => {
    expect(read({ ...answers, ...inputs }).inputs).toEqual(inputs)
    expect(read({ ...answers, ...asText })).toEqual(read({ ...answers, ...inputs }))
    expect(read({ ...answers, ...inputs }).meta).toBeUndefined()
  })

  it('belong to the prompt', () => {
    const [without, withTools] = [read(answers), read({ ...answers, tools })]
    expect(withTools.promptId).not.toBe(without.promptId)
    expect(exactKey(withTools, 'pair')).not.toBe(exactKey(without, 'pair'))
  })

  it('are other columns where they hold something else', () => {
    const group = read({ ...answers, tools: 'hammer, saw', documents: ['a'], chat_template_kwargs: null })
    expect(group.inputs).toBeUndefined()
    expect(group.meta).toEqual({ tools: 'hammer, saw', documents: ['a'] })
  })
})

test('roles are read as others', () => {
  const row = { chosen: [user, { role: 'bot', content: 'a=b' }], rejected: [user, { role: 'bot', content: 'c' }] }
  const group = read(row, { roles: ['bot=assistant', 'x=y'] })
  expect(group.prompt).toEqual([user])
  expect(group.responses[0]).toEqual([{ role: 'assistant', content: 'a=b' }])
  const several = { prompt: [user], responses: [[{ role: 'bot', content: 'a' }]], preferences: [] }
  expect(read(several, { roles: ['bot=assistant'] }).responses).toEqual([[{ role: 'assistant', content: 'a' }]])
})
