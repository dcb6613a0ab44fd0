import { describe, expect, it } from 'vitest'
import { buildGroup } from '../build.ts'
import { degenerate } from '../degenerate.ts'
import type { Group } from '../group.ts'
import { createDraws, groupsOf } from './fixtures/read-rows.ts'
import { foreignLayouts, layoutNamed } from './index.ts'
import { pairsOf } from './layout.ts'
import type { LayoutName } from './layout-names.ts'

/** Those that hold any pair of texts: not HH's markers in the prompt (Nectar), not a thread or a tree, not 3 x 3. */
const names: readonly LayoutName[] = [
  'alpaca',
  'alpacaeval',
  'argilla',
  'distilabel',
  'distilabel-pairs',
  'helpsteer2',
  'helpsteer3',
  'judgebench',
  'llmbar',
  'pandalm',
  'rewardbench',
  'rewardbench2',
  'rmb-best-of-n',
  'rmb-pairs',
  'safe-rlhf',
  'sharegpt',
  'skywork',
  'swift',
  'text-lists',
  'ultrafeedback',
  'ultrafeedback-binarized',
]

describe('a pair from elsewhere', () => {
  it.each(names)('keeps its texts and which is better in %s', (name) => {
    const layout = foreignLayouts.find((candidate) => candidate.name === name)
    if (!layout) throw new Error(`no layout ${name}`)
    const { text, integer, uniform } = createDraws(7)
    for (let count = 0; count < 100; count++) {
      const chosen = integer(2)
      const group = buildGroup({
        id: `pair-${count}`,
        form: 'messages',
        prompt: [{ role: 'user', content: text() }],
        responses: [0, 1].map((side) => [{ role: 'assistant', content: `${side}${text()}` }]),
        preferences: [{ chosen, rejected: 1 - chosen, ...(integer(2) === 0 ? {} : { margin: 4 * uniform() }) }],
        ...(integer(2) === 0 ? {} : { subset: 'part' }),
        meta: { note: text() },
      })
      const written = layout.write(group)
      const again = groupsOf(layout, written)
      expect(written.every((row) => layout.recognises(row))).toBe(true)
      expect(again.map(({ promptId }) => promptId)).toEqual([group.promptId])
      expect(again.flatMap(pairsOf)).toMatchObject(
        pairsOf(group).map((pair) => ({ chosen: pair.chosen, rejected: pair.rejected })),
      )
    }
  })
})

describe('a group of which pairs of no use were left out', () => {
  const answers = ['best', 'same', 'same', ''].map((answer, index) => ({ answer, rank: index + 1 }))
  const completions = ['best', 'same', 'same'].map((response, index) => ({ response, 'fine-grained_score': -index }))
  it.each([
    ['nectar', { prompt: '\n\nHuman: Which?\n\nAssistant: ', answers }],
    ['ultrafeedback', { instruction: 'Which?', completions }],
    ['rewardbench2', { prompt: 'Which?', chosen: ['best', 'same'], rejected: ['same', 'bad'], num_correct: 2 }],
    ['rm-bench', { prompt: 'Which?', chosen: ['best', 'b', 'same'], rejected: ['same', 'bad', 'worse'] }],
  ] as const)('is written as %s and read again the same', (name, row) => {
    const layout = layoutNamed(name)
    const ofUse = (group: Group): Group => ({
      ...group,
      preferences: group.preferences.filter((preference) => degenerate(group, preference) === undefined),
    })
    const [whole] = groupsOf(layout, [row])
    if (!whole) throw new Error('a group')
    const group = ofUse(whole)
    expect(group.preferences.length).toBeLessThan(whole.preferences.length)
    expect(groupsOf(layout, layout.write(group)).map(ofUse)).toEqual([group])
  })
})
