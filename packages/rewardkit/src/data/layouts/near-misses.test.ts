import { describe, expect, it } from 'vitest'
import { groupFromRow } from './index.ts'
import { pairsOf } from './layout.ts'
import { pairLayout } from './pair.ts'

const pair = { chosen: 'a', rejected: 'b' }
const read = (row: Readonly<Record<string, unknown>>) => groupFromRow(row, 'row-1')

describe('names that are nearly those of a layout', () => {
  it.each([
    [{ promt: 'q', ...pair }, 'promt', 'prompt'],
    [{ Prompt: 'q', ...pair }, 'Prompt', 'prompt'],
    [{ propmt: 'q', ...pair }, 'propmt', 'prompt'],
    [{ prompts: 'q', response: 'a' }, 'prompts', 'prompt'],
    [{ prompt: 'q', choosen: 'a', rejected: 'b' }, 'choosen', 'chosen'],
    [{ prompt: 'q', chosen: 'a', rejeted: 'b' }, 'rejeted', 'rejected'],
    [{ prompt: 'q', Chosen: 'a', Rejected: 'b' }, 'Chosen', 'chosen'],
    [{ prompt: 'q', respone: 'a' }, 'respone', 'response'],
    [{ prompt: 'q', ...pair, margins: 2 }, 'margins', 'margin'],
    [{ prompt: 'q', ...pair, probabilty: 0.7 }, 'probabilty', 'probability'],
    [{ prompt: 'q', responses: ['a', 'b'], preference: [] }, 'preference', 'preferences'],
  ])('are refused: %j', (row, found, name) => {
    expect(() => read(row)).toThrow(
      `found a column "${found}" and no "${name}"; did you mean ${name}? rename it, or give columns: ['${name}=${found}']`,
    )
  })

  it.each([
    { prompt: 'q', promt: 'x', ...pair },
    { ...pair, height: 3, origin: 'x', prompt_id: 7, chosen_model: 'x', rejected_by: 'y', frozen: true },
    { ...pair, promt: null },
    { prompt: 'q', response: 'a', response_id: 1 },
  ])('are none: %j', (row) => {
    expect(read(row).responses[0]).toEqual([{ role: 'assistant', content: 'a' }])
  })
})

describe('columns whose names meta holds, too', () => {
  it('are kept beside it, and written back', () => {
    const row = {
      prompt: 'q',
      ...pair,
      meta: { source: 'x', same: [1], tag: 1, tag_column: 2 },
      source: 'y',
      same: [1],
      tag: 3,
    }
    const group = read(row)
    const meta = { source: 'x', source_column: 'y', same: [1], tag: 1, tag_column: 2, tag_column_column: 3 }
    expect(group.meta).toEqual(meta)
    expect(pairsOf(group)).toHaveLength(1)
    expect(pairLayout.write(group)).toEqual([{ id: 'row-1', meta, prompt: 'q', ...pair }])
  })
})
