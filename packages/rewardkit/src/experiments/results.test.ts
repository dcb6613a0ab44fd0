import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import type { TrainOptions } from '../train/train-options.ts'
import { runExperiment } from './experiment.ts'
import { experimentOptionsSchema } from './experiment-options.ts'
import { experimentFolder, fakeJobs, type FakeRun, rightOf } from './fixtures/fake-runs.ts'
import { terminalText } from './write-results.ts'

const yaml = `models: [{ name: Pythia-410M, model: model }, { name: 'a|b', model: model }]
data:
  - { name: HH, data: train.jsonl, validation: validation.jsonl, test: test.jsonl }
  - { name: SHP, data: train.jsonl, validation: validation.jsonl, test: test.jsonl }
arms:
  - { name: baseline }
  - { name: our method, objective: adaptive-margin }
`

async function run(text: string, find: (options: TrainOptions) => FakeRun) {
  const { file, out } = experimentFolder(text)
  const options = experimentOptionsSchema.parse({ file, out })
  const { results } = await runExperiment(options, fakeJobs(find), silentHooks)
  return { out, results, written: (name: string) => readFileSync(join(out, name), 'utf8') }
}

const isMethod = ({ objective }: TrainOptions) => objective === 'adaptive-margin'

describe('tables', () => {
  it('are laid out as in the paper, with a mark only for what survives correction', async () => {
    // Pythia on HH: 100 pairs more are right of 400, which is certain. On SHP: 6 of 400, p = 0.03, which four tests undo.
    const { results, written } = await run(yaml, (options) => {
      const isHH = options.out.includes('/HH/')
      const isPythia = options.out.includes('Pythia')
      const right = 200 + (isMethod(options) && isPythia ? (isHH ? 100 : 6) : 0)
      return { validation: rightOf(10, 5), test: rightOf(400, right) }
    })
    const lines = written('tables.md')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .slice(0, 7)
    expect(lines.map((line) => line.replaceAll(/ \([^)]*\)/g, ''))).toEqual([
      '| Model | HH | SHP |',
      '| --- | ---: | ---: |',
      '| Pythia-410M | 50.0 | 50.0 |',
      '| w/ our method | 75.0 ▲ | 51.5 |',
      String.raw`| a\|b | 50.0 | 50.0 |`,
      '| w/ our method | 50.0 | 50.0 |',
      '| test pairs | 400 | 400 |',
    ])
    expect(lines[3]).toMatch(/75\.0 \(70\.\d to 79\.\d\) ▲/)
    const [, method] = results.tables[0]?.rows ?? []
    expect(method?.cells[1]?.difference).toMatchObject({
      value: 0.015,
      test: 'mcnemar_exact',
      p: 0.03125,
      survives: false,
    })
    expect(method?.cells[1]?.difference?.p_holm).toBeCloseTo(3 * 0.03125, 12)
    expect(results.tables[0]?.comparisons).toBe(4)
    expect(terminalText(results)).toContain('1 of them is left')
    expect(terminalText(results)).toContain('With one seed nothing is known of the noise of training')
  })

  it('have intervals over seeds and prompts where there are several seeds', async () => {
    const { results } = await run(`${yaml}seeds: [0, 1, 2]\n`, (options) => ({
      validation: rightOf(10, 5),
      test: rightOf(400, 200 + 20 * options.seed + (isMethod(options) ? 10 : 0)),
    }))
    const [base, method] = results.tables[0]?.rows ?? []
    const accuracy = base?.cells[0]?.accuracy
    expect(accuracy?.value).toBeCloseTo(0.55, 12)
    // Seeds alone: sd 0.05, so at least t(2) x 0.05 / sqrt(3) on either side.
    expect((accuracy?.high ?? NaN) - 0.55).toBeGreaterThan((4.3 * 0.05) / Math.sqrt(3))
    // Paired by seed, the difference is the same in each.
    expect(method?.cells[0]?.difference?.value).toBeCloseTo(0.025, 12)
    expect(method?.cells[0]?.difference?.test).toBe('crossed_t')
    expect(method?.cells[0]).toMatchObject({ seeds: 3, pairs: 400, prompts: 400 })
  })

  it('compare only the same pairs', async () => {
    const { results } = await run(yaml, (options) => ({
      validation: rightOf(10, 5),
      test: rightOf(isMethod(options) ? 399 : 400, 200),
    }))
    expect(results.tables[0]?.rows[1]?.cells.map((cell) => cell?.difference)).toEqual([null, null])
  })

  it('give the numbers in CSV and in a page, whose names are escaped', async () => {
    const { written } = await run(yaml.replace('a|b', '<b>'), () => ({
      validation: rightOf(10, 5),
      test: rightOf(10, 5),
    }))
    const [header, first, second] = written('tables.csv').split('\n')
    expect(header).toMatch(/^rates,model,arm,HH accuracy,HH low,HH high,HH difference,HH p after Holm,/)
    expect(first).toMatch(/^own,Pythia-410M,baseline,0\.5,0\.2\d+,0\.7\d+,,,0\.000009,1,10,10,/)
    expect(second).toMatch(/^own,Pythia-410M,our method,0\.5,0\.2\d+,0\.7\d+,0,1,0\.000009,1,10,10,/)
    expect(written('tables.html')).toContain('&lt;b&gt;')
    expect(written('tables.html')).not.toContain('<b>')
    expect(written('results.json')).not.toContain('NaN')
  })
})

describe('the choice of rates', () => {
  const several = `${yaml}learning_rates: [1e-4, 1e-3, 1e-2]\nchoose_by: accuracy\n`
  const right: Record<string, Record<number, number>> = {
    'bradley-terry': { 1e-4: 50, 1e-3: 60, 1e-2: 55 },
    'adaptive-margin': { 1e-4: 52, 1e-3: 53, 1e-2: 61 },
  }
  const find = ({ objective, learningRate }: TrainOptions): FakeRun => {
    const count = right[objective]?.[learningRate] ?? 0
    // Test pairs go the other way: anyone who looked at them would choose another rate.
    return { validation: rightOf(100, count), test: rightOf(100, 100 - count) }
  }

  it('is made on validation pairs, for each arm and for all by the baseline', async () => {
    const { results, written } = await run(several, find)
    const ofBoth = [
      [1e-3, 1e-3, false],
      [1e-2, 1e-3, true],
    ]
    const ofAll = results.rates.map(({ own, common, at_edge: isAtEdge }) => [own, common, isAtEdge])
    expect(ofAll).toEqual([...ofBoth, ...ofBoth, ...ofBoth, ...ofBoth])
    const [atOwn, atCommon] = results.tables
    expect(atOwn?.rows[1]?.cells[0]?.accuracy.value).toBeCloseTo(0.39, 12)
    expect(atCommon?.rows[1]?.cells[0]?.accuracy.value).toBeCloseTo(0.47, 12)
    expect(written('tables.md')).toContain('## Accuracy (%), all arms at the best rate of baseline')
    expect(written('tables.md')).toContain('At the edge of the rates that were tried')
  })

  it('by log loss takes the mean over seeds of the loss after temperature', async () => {
    const { results } = await run(several.replace('accuracy\n', 'log-loss\nseeds: [0, 1]\n'), (options) => ({
      validation: rightOf(100, options.seed === 0 ? 60 : (right[options.objective]?.[options.learningRate] ?? 0)),
      test: rightOf(10, 5),
    }))
    expect(results.rates.map(({ own }) => own)).toEqual([1e-3, 1e-2, 1e-3, 1e-2, 1e-3, 1e-2, 1e-3, 1e-2])
    const [best] = results.rates
    const losses = best?.scores.map(({ score }) => score ?? NaN) ?? []
    expect(Math.min(...losses)).toBe(losses[1])
  })
})
