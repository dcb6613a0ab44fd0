import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { writeRows } from '../fixtures/tiny-model.ts'
import { evaluateOptionsSchema, evaluateRewardsOptionsSchema } from './evaluate-options.ts'
import { evaluateModel } from './evaluate.ts'
import { evaluateRewards } from './evaluate-rewards.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-groups-'))
afterAll(() => rmSync(folder, { recursive: true }))
const model = fileURLToPath(new URL('fixtures/runs/0.1.0', import.meta.url))

it("a model on a benchmark's file is scored as the benchmark does, and again from its rewards", async () => {
  const texts = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix} number ${i}.`)
  const data = join(folder, 'rm-bench.jsonl')
  writeRows(
    data,
    Array.from({ length: 6 }, (_, id) => ({
      id,
      prompt: `Question ${id}?`,
      chosen: texts(`A good answer ${id}`, 3),
      rejected: texts(`Another answer ${id}`, 3),
      domain: id < 3 ? 'chat' : 'code',
    })),
  )
  const out = join(folder, 'evaluation')
  const options = evaluateOptionsSchema.parse({ model, data, out, threads: 1, dtype: 'float32' })
  const { summary } = await evaluateModel(options, silentHooks)
  expect(summary.groups).toMatchObject({
    groups: 6,
    rm_bench: { groups: 6, pairs: 54, subsets: { chat: { groups: 3 } } },
  })
  const again = await evaluateRewards(evaluateRewardsOptionsSchema.parse({ rewards: out }), silentHooks)
  expect(again.groups).toEqual(summary.groups)
  expect(again.subset_means).toEqual(summary.subset_means)
})
