import { describe, expect, it } from 'vitest'
import { buildGroup } from '../build.ts'
import type { Group } from '../group.ts'
import { lostFields } from '../transforms/kept.ts'
import { groupsOf } from './fixtures/round-trip.ts'
import { layoutNamed } from './index.ts'
import { assistantMessage, userMessage } from './messages.ts'

/** So large a number that work growing with the square of the pairs would not end. */
const responses = 700

const ranked = (count: number): Group =>
  buildGroup({
    id: 'id',
    form: 'messages',
    prompt: userMessage('Which?'),
    responses: Array.from({ length: count }, (_, index) => assistantMessage(`answer ${index}`)),
    preferences: Array.from({ length: count }, (_, chosen) =>
      Array.from({ length: count - 1 - chosen }, (__, further) => ({ chosen, rejected: chosen + 1 + further })),
    ).flat(),
  })

describe('a row of many responses', () => {
  it.each(['nectar', 'ultrafeedback', 'oasst-trees', 'groups'] as const)('is written and read again as %s', (name) => {
    const group = ranked(responses)
    const layout = layoutNamed(name)
    const rows = layout.write(group)
    const [again] = groupsOf(layout, rows)
    const pairs = ({ preferences }: Group) => preferences.map(({ chosen, rejected }) => `${chosen} ${rejected}`)
    expect(again && pairs(again)).toEqual(pairs(group))
    expect(lostFields(group, rows, layout)).not.toContain('pair')
  })

  it('is refused where it makes more pairs than memory and lines hold', () => {
    const answers = Array.from({ length: 3000 }, (_, index) => ({ answer: `answer ${index}`, rank: index + 1 }))
    expect(() => groupsOf(layoutNamed('nectar'), [{ prompt: '\n\nHuman: Which?\n\nAssistant: ', answers }])).toThrow(
      '3000 responses make 4498500 pairs, expected at most 500000 of one row; give fewer responses',
    )
    const [chosen, rejected] = [0, 1].map((side) => Array.from({ length: 1000 }, (_, index) => `${side} ${index}`))
    const row = { prompt: 'Which?', chosen, rejected, num_correct: 1000 }
    expect(() => groupsOf(layoutNamed('rewardbench2'), [row])).toThrow('2000 responses make 1000000 pairs')
  })
})
