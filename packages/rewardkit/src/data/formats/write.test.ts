import { describe, expect, it } from 'vitest'
import { buildGroup } from '../build.ts'
import { createDraws, groupsOf } from './fixtures/rows.ts'
import { foreignFormats } from './index.ts'
import { pairsOf } from './format.ts'
import type { FormatName } from './names.ts'

/** Those that hold any pair of texts: not HH's markers in the prompt (Nectar), not a thread or a tree, not 3 x 3. */
const names: readonly FormatName[] = [
  'alpacaeval',
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
  'skywork',
  'ultrafeedback',
  'ultrafeedback-binarized',
]

describe('a pair from elsewhere', () => {
  it.each(names)('keeps its texts and which is better in %s', (name) => {
    const format = foreignFormats.find((candidate) => candidate.name === name)
    if (!format) throw new Error(`no format ${name}`)
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
      const written = format.write(group)
      const again = groupsOf(format, written)
      expect(written.every((row) => format.recognises(row))).toBe(true)
      expect(again.map(({ promptId }) => promptId)).toEqual([group.promptId])
      expect(again.flatMap(pairsOf)).toMatchObject(
        pairsOf(group).map((pair) => ({ chosen: pair.chosen, rejected: pair.rejected })),
      )
    }
  })
})
