import { describe, expect, it } from 'vitest'
import { buildGroup } from '../build.ts'
import { degenerate } from '../degenerate.ts'
import type { Group } from '../group.ts'
import { createDraws, groupsOf } from './fixtures/round-trip.ts'
import { layoutNamed } from './index.ts'
import { pairsOf } from './layout.ts'
import { foreignLayouts, type LayoutName } from './layout-list.ts'

/** Those that do not hold any pair of texts: HH's markers in the prompt (Nectar), a thread or a tree, 3 x 3, given texts. */
const special: readonly LayoutName[] = [
  'arena',
  'nectar',
  'oasst-pairs',
  'oasst-trees',
  'openai',
  'rm-bench',
  'shp',
  'summarize-axis',
  'summarize-comparisons',
  'unpaired',
  'webgpt',
  'webgpt-raw',
]

describe('a pair from elsewhere', () => {
  const layouts = foreignLayouts.filter(({ name }) => !special.some((one) => one === name))
  it.each(layouts.map((layout) => [layout.name, layout] as const))(
    'keeps its texts and which is better in %s',
    (_, layout) => {
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
    },
  )
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
