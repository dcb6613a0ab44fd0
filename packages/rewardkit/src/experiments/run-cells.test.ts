import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FailureError, Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { watching } from '../fixtures/watching.ts'
import { runExperiment } from './experiment.ts'
import { type ExperimentOptions, experimentOptionsSchema } from './experiment-options.ts'
import { experimentFolder, fakeJobs, rightOf } from './fixtures/fake-runs.ts'
import { timeLeft } from './time-left.ts'

const yaml = `models: [model]
data: [{ name: d, data: train.jsonl, validation: validation.jsonl, test: test.jsonl }]
objectives: [bradley-terry, adaptive-margin]
learning_rates: [1e-3, 2e-3]
seeds: [0, 1]
`
const found = { validation: rightOf(10, 6), test: rightOf(10, 7) }

function setUp(text = yaml) {
  const { folder, file, out } = experimentFolder(text)
  const run = (
    jobs: ReturnType<typeof fakeJobs>,
    given: Partial<ExperimentOptions> = {},
    hooks: Hooks = watching().hooks,
  ) => runExperiment(experimentOptionsSchema.parse({ file, out, ...given }), jobs, hooks)
  return { folder, file, out, run }
}

describe('runCells', () => {
  it('runs each cell as an ordinary run, and leaves finished ones alone', async () => {
    const { folder, out, run } = setUp()
    const jobs = fakeJobs(() => found)
    expect(await run(jobs)).toMatchObject({ finished: 8, skipped: 0, failed: [] })
    expect(jobs.runs[0]).toMatchObject({
      model: join(folder, 'model'),
      data: join(folder, 'train.jsonl'),
      evalData: join(folder, 'validation.jsonl'),
      testData: join(folder, 'test.jsonl'),
      out: join(out, 'runs/model/d/bradley-terry/lr-1e-3/seed-0'),
      resume: false,
    })
    const again = fakeJobs(() => found)
    await expect(run(again)).rejects.toThrow(/out \S+ holds 8 cells of this experiment already; give resume: true/)
    expect(await run(again, { resume: true })).toMatchObject({ finished: 0, skipped: 8 })
    expect(again.runs).toEqual([])
    expect(existsSync(join(jobs.runs[0]?.out ?? '', 'model'))).toBe(true)
  })

  it('resumes a cell that was begun, and those that failed', async () => {
    const { run } = setUp()
    let count = 0
    const stopping = fakeJobs(() => {
      count += 1
      if (count === 2) throw new FailureError('the loss is NaN')
      if (count === 4) throw new Interrupted('stopped on request')
      return found
    })
    await expect(run(stopping)).rejects.toThrow(
      /^stopped in cell 4 of 8 \(.*\) after 3 of 8 cells; to go on, .*resume: true/,
    )
    const jobs = fakeJobs(() => found)
    expect(await run(jobs, { resume: true })).toMatchObject({ finished: 6, skipped: 2, failed: [] })
    expect(jobs.runs.map(({ resume }) => resume)).toEqual([true, true, false, false, false, false])
  })

  it('reports a cell that fails and runs the others', async () => {
    const { run } = setUp()
    const jobs = fakeJobs(({ objective, learningRate, seed }) => {
      if (objective === 'adaptive-margin' && learningRate === 2e-3 && seed === 1) throw new FailureError('too large')
      return found
    })
    const { finished, failed, results } = await run(jobs)
    expect(finished).toBe(7)
    expect(failed).toEqual([{ cell: 'model, d, adaptive-margin, rate 2e-3, seed 1', problem: 'too large' }])
    // The rate that failed is not chosen; the other one stands.
    expect(results.rates.map(({ own }) => own)).toEqual([1e-3, 1e-3])
    expect(results.rates[1]?.scores).toEqual([
      { learning_rate: 1e-3, score: expect.any(Number) as number },
      { learning_rate: 2e-3, score: null },
    ])
  })

  it('refuses a folder that holds runs of other options or data, before anything is computed', async () => {
    const { folder, file, run } = setUp()
    await run(fakeJobs(() => found))
    const jobs = fakeJobs(() => found)
    writeFileSync(file, `${yaml}options: { batch_size: 4 }\n`)
    await expect(run(jobs, { resume: true })).rejects.toThrow(
      /seed-0 holds a run with other options \(batch_size was 128, is 4\); name another folder, or remove this one/,
    )
    writeFileSync(file, yaml)
    writeFileSync(join(folder, 'train.jsonl'), 'changed\n')
    await expect(run(jobs, { resume: true })).rejects.toThrow(/\(the content of data has changed\)/)
    expect(jobs.runs).toEqual([])
  })

  it('takes more seeds into a folder that has some', async () => {
    const { file, run } = setUp()
    await run(fakeJobs(() => found))
    writeFileSync(file, yaml.replace('[0, 1]', '[0, 1, 2]'))
    const jobs = fakeJobs(() => found)
    expect(await run(jobs, { resume: true })).toMatchObject({ finished: 4, skipped: 8 })
    expect(jobs.runs.map(({ seed }) => seed)).toEqual([2, 2, 2, 2])
  })

  it('shares a folder between shards, which find each other’s results', async () => {
    const { run } = setUp()
    const first = fakeJobs(() => found)
    const { results } = await run(first, { shard: '1/2' })
    expect(results.tables[0]?.rows[0]?.cells).toEqual([null])
    const second = fakeJobs(() => found)
    const { results: all } = await run(second, { shard: '2/2' })
    expect([first.runs.length, second.runs.length]).toEqual([4, 4])
    expect(all.tables[0]?.rows[0]?.cells[0]?.accuracy.value).toBe(0.7)
    await expect(run(second, { shard: '3/2' })).rejects.toThrow(/shard 3\/2: there are only 2 shards/)
  })

  it('names what is missing before anything is computed', async () => {
    const { run } = setUp(yaml.replace('validation: validation', 'validation: missing'))
    await expect(run(fakeJobs(() => found))).rejects.toThrow(/grid\.yaml: model, d, .*missing\.jsonl: no such file/)
  })

  it('splits rows once, and puts several test sets into one evaluation', async () => {
    const { folder, out, run } = setUp(`models: [model]
data:
  - { name: cut, data: train.jsonl, split: { test: 0.2, validation: 0.1 } }
  - { name: two, data: train.jsonl, test: { easy: test.jsonl, hard set: validation.jsonl } }
objectives: [bradley-terry, adaptive-margin]
`)
    const jobs = fakeJobs(({ testData }) => ({
      test: testData?.endsWith('.yaml') ? [...rightOf(4, 4, 'easy'), ...rightOf(4, 1, 'hard-set/x')] : rightOf(4, 2),
    }))
    let splits = 0
    const counting = { ...jobs, split: (...given: Parameters<typeof jobs.split>) => (splits++, jobs.split(...given)) }
    const { results } = await run(counting)
    expect(splits).toBe(1)
    expect(jobs.runs[0]?.data).toMatch(new RegExp(`^${out}/data/cut-[0-9a-f]{8}/train\\.jsonl$`))
    expect(readFileSync(jobs.runs[2]?.testData ?? '', 'utf8')).toBe(
      `parts:\n  - name: easy\n    data: ${folder}/test.jsonl\n  - name: hard-set\n    data: ${folder}/validation.jsonl\n`,
    )
    expect(results.tables[0]?.columns.map(({ name }) => name)).toEqual(['cut', 'two, easy', 'two, hard set'])
    expect(results.tables[0]?.rows[0]?.cells.map((cell) => cell?.accuracy.value)).toEqual([0.5, 1, 0.25])
  })

  it('removes models and checkpoints where none are kept', async () => {
    const { run } = setUp(`${yaml}keep_models: false\n`)
    const jobs = fakeJobs(() => found)
    await run(jobs)
    for (const { out } of jobs.runs)
      expect(['model', 'checkpoints', 'config.yaml'].map((name) => existsSync(join(out, name)))).toEqual([
        false,
        false,
        true,
      ])
  })

  it('tells progress over the whole grid, and each warning once', async () => {
    const { run } = setUp()
    const { hooks, events, warnings } = watching()
    const jobs = fakeJobs(() => found)
    const noisy = {
      ...jobs,
      train: (...[options, listen]: Parameters<typeof jobs.train>) => {
        listen({ kind: 'warning', message: 'careful', phrase: { parts: ['careful'] } })
        listen({ kind: 'log', message: 'the first pair', phrase: { parts: ['the first pair'] } })
        return jobs.train(options, listen)
      },
    }
    await run(noisy, {}, hooks)
    expect(warnings()).toEqual(['careful'])
    const progress = events.flatMap((event) => (event.kind === 'progress' ? [event] : []))
    expect(progress.map(({ done, total }) => [done, total])).toEqual(Array.from({ length: 8 }, (_, i) => [i + 1, 8]))
    expect(progress.every(({ secondsLeft }) => secondsLeft !== undefined)).toBe(true)
  })
})

it('time left is that of cells of the same kind, as far as they were measured', () => {
  const cell = (model: string, data: string) =>
    ({ model: { name: model }, data: { name: data } }) as Parameters<typeof timeLeft>[1][number]
  const measured = [
    { cell: cell('small', 'a'), seconds: 10 },
    { cell: cell('small', 'a'), seconds: 20 },
    { cell: cell('small', 'b'), seconds: 60 },
  ]
  expect(timeLeft(measured, [cell('small', 'a'), cell('small', 'b')])).toBe(75)
  expect(timeLeft(measured, [cell('small', 'c')])).toBe(30)
  expect(timeLeft(measured, [cell('large', 'a')])).toBe(30)
  expect(timeLeft(measured, [])).toBe(0)
  expect(timeLeft([], [cell('small', 'a')])).toBeNull()
})
