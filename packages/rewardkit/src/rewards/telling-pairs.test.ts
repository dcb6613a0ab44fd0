import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { createSpool, type EncodedGroup } from '../tokens/index.ts'
import { rewardRows } from './reward-pass.ts'
import { tableOf } from '../analysis/reward-table.ts'
import { tellingTexts } from './telling-pairs.ts'

it('finds the texts of the pairs that tell most, whatever they are called', () => {
  const spool = createSpool(tmpdir())
  const groups = spool.begin()
  const said = (content: string) => [{ role: 'assistant', content }]
  const preferencesOf = [
    [[0, 1]],
    [
      [2, 0],
      [0, 1],
      [2, 1],
    ],
    [[0, 1]],
  ] as const
  const encoded = preferencesOf.map((preferences, group): EncodedGroup => ({
    id: 'same',
    promptId: 'p',
    subset: null,
    tokens: {
      prefix: Int32Array.of(1),
      branches: [2, 3, 4].map((id) => Int32Array.of(id)),
      branchOf: [0, 1, 2],
      truncated: false,
    },
    preferences: preferences.map(([chosen, rejected]) => ({ chosen, rejected })),
    texts: {
      prompt: [{ role: 'user', content: `prompt ${group}` }],
      responses: [said(`a${group}`), said(`b${group}`), said(`c${group}`)],
    },
  }))
  for (const group of encoded) groups.add(group)
  const rewards = [
    [0, 3],
    [1, 5, 2],
    [4, 9],
  ]
  const rows = encoded.flatMap((group, i) => rewardRows(group, Float32Array.from(rewards[i] ?? [])))
  expect(rows.map(({ reward_margin }) => reward_margin)).toEqual([-3, 1, -4, -3, -5])
  const found = tellingTexts(tableOf(rows), groups, 5).map(({ reason, reward_margin, prompt, chosen, rejected }) => [
    reason,
    reward_margin,
    prompt,
    chosen,
    rejected,
  ])
  expect(found).toEqual([
    ['lowest margin', -5, 'prompt 2', 'a2', 'b2'],
    ['lowest margin', -4, 'prompt 1', 'a1', 'b1'],
    ['lowest margin', -3, 'prompt 0', 'a0', 'b0'],
    ['smallest margin', 1, 'prompt 1', 'c1', 'a1'],
    ['lowest margin', -3, 'prompt 1', 'c1', 'b1'],
  ])
  spool.close()
})
