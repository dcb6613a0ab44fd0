import { describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { type Cell, cellText, filledIn, gridOf, ofShard, rateText, trainOptionsOf } from './cells.ts'
import { type Experiment } from './experiment-types.ts'
import { readExperiment } from './experiment-file.ts'
import { experimentFolder } from './fixtures/fake-runs.ts'

const yaml = `models: [{ name: A, model: model, batch_size: 2, max_length: 64 }, { name: B b, model: "models/{seed}" }]
data: [{ name: x, data: train.jsonl, validation: validation.jsonl, test: test.jsonl, batch_size: 4 }]
arms:
  - { name: plain, objective: bradley-terry }
  - { name: mine, objective: annotated-margin, data: "margins/{data}-{seed}.jsonl", warmup_steps: 3 }
learning_rates: [1e-3, 2.5e-5]
seeds: [0, 7]
options: { batch_size: 1, warmup_ratio: 0.1, columns: { margin: grade } }
`
const sources = { data: 'd', evalData: 'e', testData: 't' }

const read = (text: string): Experiment => readExperiment(experimentFolder(text).file)
const cellAt = (cells: readonly Cell[], index: number): Cell => {
  const cell = cells[index]
  if (!cell) throw new Error(`no cell ${index}`)
  return cell
}

describe('the grid', () => {
  it('has every combination once, each in a folder of its own', () => {
    const cells = gridOf(read(yaml))
    expect(cells).toHaveLength(2 * 1 * 2 * 2 * 2)
    expect(new Set(cells.map(({ folder }) => folder)).size).toBe(16)
    expect(new Set(cells.map(cellText)).size).toBe(16)
    expect(cells.slice(0, 3).map(({ folder }) => folder)).toEqual([
      'runs/A/x/plain/lr-2.5e-5/seed-0',
      'runs/A/x/plain/lr-2.5e-5/seed-7',
      'runs/A/x/plain/lr-1e-3/seed-0',
    ])
    expect(cells.at(-1)?.folder).toBe('runs/B-b/x/mine/lr-1e-3/seed-7')
  })

  it('merges options: data win over models, arms over data, and do away with rivals', () => {
    const experiment = read(yaml)
    const cells = gridOf(experiment)
    const options = (index: number) => trainOptionsOf(experiment, cellAt(cells, index), sources, 'out')
    expect(options(0)).toMatchObject({ batchSize: 4, maxLength: 64, warmupRatio: 0.1, columns: ['margin=grade'] })
    expect(options(0)).toMatchObject({ learningRate: 2.5e-5, seed: 0, objective: 'bradley-terry', ...sources })
    expect(options(4)).toMatchObject({ batchSize: 4, warmupSteps: 3, objective: 'annotated-margin' })
    expect(options(4).warmupRatio).toBeUndefined()
    expect(options(8).maxLength).toBeUndefined()
  })

  it('applies options of rows once where a split has applied them', () => {
    const experiment = read(yaml.replace('validation: validation.jsonl', 'split: { validation: 0.1 }'))
    const [cell] = gridOf(experiment)
    expect(cell && trainOptionsOf(experiment, cell, sources, 'out').columns).toBeUndefined()
  })

  it('fills in names', () => {
    const experiment = read(yaml)
    const cell = cellAt(gridOf(experiment), 5)
    expect(filledIn('hub:owner/{data}-{seed}', cell, experiment)).toBe('hub:owner/x-7')
    expect(filledIn('train.jsonl', cell, experiment)).toBe(`${experiment.folder}/train.jsonl`)
  })

  it('says which cell has options that do not fit together', () => {
    const experiment = read(yaml.replace('warmup_ratio: 0.1', 'warmup_ratio: 0.1, warmup_steps: 2'))
    const [cell] = gridOf(experiment)
    expect(() => cell && trainOptionsOf(experiment, cell, sources, 'out')).toThrow(
      /grid\.yaml: A, x, plain, rate 2\.5e-5, seed 0: give warmupSteps or warmupRatio, not both/,
    )
  })
})

describe('shards', () => {
  it('part any grid into disjoint pieces of nearly equal size', () => {
    const random = createRandom(1, 'shards')
    const experiment = read(yaml)
    for (let i = 0; i < 50; i++) {
      const seeds = Array.from({ length: 1 + random.integer(9) }, (_, seed) => seed)
      const cells = gridOf({ ...experiment, seeds })
      const count = 1 + random.integer(12)
      const shards = Array.from({ length: count }, (_, index) => ofShard(cells, { index: index + 1, count }))
      const folders = shards.flat().map(({ folder }) => folder)
      expect(folders.toSorted()).toEqual(cells.map(({ folder }) => folder).toSorted())
      const sizes = shards.map(({ length }) => length)
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
    }
  })
})

it('rates have one text each', () => {
  expect([9e-6, 0.000009, 0.002, 1, 2.5e-5, 1e21].map(rateText)).toEqual([
    '9e-6',
    '9e-6',
    '2e-3',
    '1e0',
    '2.5e-5',
    '1e21',
  ])
})
