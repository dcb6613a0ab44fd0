import { describe, expect, it } from 'vitest'
import type { Row } from '../fields.ts'
import { recognisedLayout } from './index.ts'
import { foreignLayouts, type LayoutName } from './layout-list.ts'

const turns = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello.' },
]
/** Rows of our own layouts and TRL's, which no layout of others may take. */
const own: readonly (readonly [LayoutName | 'response', Row])[] = [
  ['groups', { prompt: 'Hi', responses: ['a', 'b'] }],
  ['hh', { chosen: '\n\nHuman: Hi\n\nAssistant: a', rejected: '\n\nHuman: Hi\n\nAssistant: b' }],
  ['pairs', { prompt: 'Hi', chosen: 'a', rejected: 'b' }],
  ['pairs', { prompt: turns.slice(0, 1), chosen: turns.slice(1), rejected: turns.slice(1), margin: 1 }],
  ['pairs', { chosen: turns, rejected: turns }],
  ['pairs', { instruction: 'Hi', prompt: 'Hi', chosen: 'a', rejected: 'b' }],
  ['response', { prompt: 'Hi', response: 'a' }],
]

describe('the layout of a row', () => {
  it.each(foreignLayouts.map(({ name, example = {} }) => [name, example] as const))(
    '%s: its example is recognised by it alone',
    (name, row) => {
      expect(foreignLayouts.filter((layout) => layout.recognises(row)).map((layout) => layout.name)).toEqual([name])
      expect(recognisedLayout(row).name).toBe(name)
    },
  )

  it.each(own)('%s is recognised by no layout of others', (name, row) => {
    expect(foreignLayouts.filter((layout) => layout.recognises(row))).toEqual([])
    expect(recognisedLayout(row).name).toBe(name)
  })
})
