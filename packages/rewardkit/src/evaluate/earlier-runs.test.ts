import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { at } from '../at.ts'
import { rowsOf } from '../analysis/reward-table.ts'
import { silentHooks } from '../events.ts'
import { loadRun, renderReport } from '../reports/index.ts'
import { evaluateOptionsSchema } from './evaluate-options.ts'
import { checkModelFolder } from '../rewards/reward-check.ts'
import { evaluateModel } from './evaluate.ts'

// What released versions wrote (fixtures/make-run.mjs) is read by all later ones with the same major version.
const runs = fileURLToPath(new URL('fixtures/runs', import.meta.url))
const out = mkdtempSync(join(tmpdir(), 'rewardkit-earlier-'))
afterAll(() => rmSync(out, { recursive: true }))

describe.each(readdirSync(runs))('a run of version %s', (version) => {
  const folder = join(runs, version)

  test('still gives its rewards, to 1e-5 of their standard deviation', async () => {
    const stored = loadRun(folder).evaluation?.table
    if (!stored) throw new Error('the run has an evaluation')
    const settings = { model: folder, data: join(folder, 'pairs.jsonl'), out: join(out, version), dtype: 'float32' }
    const { table } = await evaluateModel(evaluateOptionsSchema.parse(settings), silentHooks)
    expect(table.ids).toEqual(stored.ids)
    const both = (row: { chosen_reward: number; rejected_reward: number }) => [row.chosen_reward, row.rejected_reward]
    const [now, then] = [[...rowsOf(table)].flatMap(both), [...rowsOf(stored)].flatMap(both)]
    const largest = Math.max(...then.map((reward, i) => Math.abs(reward - at(now, i))))
    expect(then).toHaveLength(80)
    expect(largest).toBeLessThanOrEqual(1e-5 * standardDeviation(then))
  })

  test('passes its own check of weights, text, ids and rewards', async () => {
    expect((await checkModelFolder(join(folder, 'model'))).filter(({ ok }) => !ok)).toEqual([])
  })

  test('has a report', () => {
    const run = loadRun(folder)
    expect(run.metrics.filter(({ kind }) => kind === 'step')).toHaveLength(10)
    expect(renderReport([run])).toContain(run.objective)
  })
})

function standardDeviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}
