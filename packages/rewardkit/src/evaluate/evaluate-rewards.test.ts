import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { evaluateRewardsOptionsSchema } from './evaluate-options.ts'
import { evaluateRewards } from './evaluate-rewards.ts'

const out = mkdtempSync(join(tmpdir(), 'rewardkit-evaluate-'))
afterAll(() => rmSync(out, { recursive: true }))
const run = fileURLToPath(new URL('fixtures/runs/0.1.0', import.meta.url))
const evaluate = (options: object) => evaluateRewards(evaluateRewardsOptionsSchema.parse(options), silentHooks)

describe('evaluateRewards', () => {
  it('finds in the rewards of a run what the run found, and where they came from', async () => {
    const summary = await evaluate({ rewards: run, out: join(out, 'again') })
    const stored = JSON.parse(readFileSync(join(run, 'evaluation', 'summary.json'), 'utf8')) as typeof summary
    expect(summary).toMatchObject({ schema_version: 2, pairs: stored.pairs, accuracy: stored.accuracy })
    expect(summary.model).toEqual(stored.model)
    expect(summary.reward_margin).toEqual(stored.reward_margin)
    const rewards = (folder: string) => readFileSync(join(folder, 'rewards.jsonl'), 'utf8')
    expect(rewards(join(out, 'again'))).toBe(rewards(join(run, 'evaluation')))
    expect(await evaluate({ rewards: join(out, 'again') })).toMatchObject({
      accuracy: stored.accuracy,
      model: stored.model,
    })
  })

  it('leaves undefined what one pair, or equal margins, cannot show', async () => {
    const file = join(out, 'one.jsonl')
    writeFileSync(file, '{"chosen_reward":1,"rejected_reward":0}\n')
    const one = await evaluate({ rewards: file })
    expect(one).toMatchObject({ pairs: 1, accuracy: { value: 1 }, reward_margin: { mean: 1, skewness: NaN } })
    expect(JSON.stringify(one)).not.toContain('NaN')
  })
})
