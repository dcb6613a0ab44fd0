import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { watching } from '../fixtures/watching.ts'
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

  it('compares rewards with a bag of words where their file has texts and data to learn from are named', async () => {
    const text = (i: number) => `The ${i % 7} answers are ${i % 5}, ${i % 3} and more`
    const rows = Array.from({ length: 60 }, (_, i) => {
      const [chosen, rejected] = [`${text(i)}, thank you`, `${text(i + 1)}, whatever`]
      return { id: `${i}`, prompt: `Question ${i}?`, chosen, rejected, chosen_reward: i % 3, rejected_reward: 1 }
    })
    const [learned, file] = [join(out, 'learned.jsonl'), join(out, 'scored.jsonl')]
    writeFileSync(
      learned,
      rows
        .slice(0, 40)
        .map((row) => `${JSON.stringify({ ...row, chosen_reward: undefined, rejected_reward: undefined })}\n`)
        .join(''),
    )
    writeFileSync(
      file,
      rows
        .slice(30)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    )
    const { hooks, logs } = watching()
    const given = { rewards: file, baselineData: learned, out: join(out, 'scored') }
    const summary = await evaluateRewards(evaluateRewardsOptionsSchema.parse(given), hooks)
    expect(summary.baselines?.bag_of_words).toMatchObject({ pairs: 30, accuracy: { value: 1 }, beats: 'no' })
    expect(logs().join('\n')).toMatch(/learns from 30 pairs of .*, without 10 pairs whose prompt is evaluated/)
    const again = await evaluate({ rewards: join(out, 'scored') })
    expect(again.baselines?.bag_of_words).toEqual(summary.baselines?.bag_of_words)
    const withoutTexts = { rewards: join(out, 'scored'), baselineData: learned }
    await evaluateRewards(evaluateRewardsOptionsSchema.parse(withoutTexts), hooks)
    expect(logs().at(-1)).toMatch(/no bag of words to compare with: .* has no texts/)
    await expect(evaluate({ rewards: '-', baselineData: learned })).rejects.toThrow(/can be read only once/)
  })
})
