import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readExperiment } from './experiment-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'experiment-file-'))
afterAll(() => rmSync(folder, { recursive: true }))
const path = join(folder, 'grid.yaml')

function read(text: string) {
  writeFileSync(path, text)
  return readExperiment(path)
}

const valid = `models: [some/model]
data:
  - { name: HH, data: a.jsonl, test: b.jsonl }
arms:
  - { name: baseline, objective: bradley-terry }
  - { name: method, objective: adaptive-margin, margin_on: below-mean }
`

describe('readExperiment', () => {
  it('fills in what is left away', () => {
    expect(read(valid)).toMatchObject({
      models: [{ name: 'model', model: 'some/model', options: {} }],
      data: [{ name: 'HH', data: 'a.jsonl', tests: { HH: 'b.jsonl' }, rows: {} }],
      arms: [
        { name: 'baseline', data: undefined, options: { objective: 'bradley-terry' } },
        { name: 'method', options: { objective: 'adaptive-margin', marginOn: 'below-mean' } },
      ],
      learningRates: [9e-6],
      seeds: [0],
      baseline: 'baseline',
      chooseBy: 'log-loss',
      keepModels: true,
      options: {},
    })
  })

  it('takes objectives as arms, columns as a mapping, several test sets, and rates in any order', () => {
    const experiment = read(`models: [{ name: m, model: x, train: head }]
data: [{ data: a.jsonl, test: { easy: e.jsonl, hard: h.jsonl }, columns: { margin: grade }, split: { validation: 0.1 } }]
objectives: [adaptive-margin, bradley-terry]
baseline: bradley-terry
learning_rates: [2e-3, 1e-3]
`)
    expect(experiment.arms.map(({ name }) => name)).toEqual(['adaptive-margin', 'bradley-terry'])
    expect(experiment.learningRates).toEqual([1e-3, 2e-3])
    expect(experiment.data[0]).toMatchObject({
      name: 'a',
      tests: { easy: 'e.jsonl', hard: 'h.jsonl' },
      split: { test: 0, validation: 0.1, by: 'prompt', stratify: false, seed: 0 },
      options: { columns: ['margin=grade'] },
    })
    expect(experiment.models[0]?.options).toEqual({ train: 'head' })
  })

  const changed = (from: string, to: string) => valid.replace(from, to)
  it.each([
    ['models: [', /grid\.yaml: invalid YAML/],
    ['- a', /grid\.yaml: expected the fields models, data and arms/],
    [changed('models:', 'modles:'), /grid\.yaml, line 1: unknown field "modles", expected .*did you mean models\?/],
    [changed('[some/model]', '[]'), /line 1: field "models": found an empty list, expected a list, each a model/],
    [changed('[some/model]', '[5]'), /line 1: field "models\[0\]": found number 5, expected a model: its name/],
    [
      changed('objective: adaptive-margin', 'objectve: x'),
      /line 6: unknown field "arms\[1\]\.objectve".*did you mean objective\?/,
    ],
    [
      changed('objective: adaptive-margin', 'objective: adaptive'),
      /line 6: field "arms\[1\]\.objective": found "adaptive", expected bradley-terry/,
    ],
    [changed('margin_on: below-mean', 'learning_rate: 1'), /line 6: unknown field "arms\[1\]\.learning_rate"/],
    [
      changed('margin_on: below-mean', 'batch_size: 0'),
      /line 6: field "arms\[1\]\.batch_size": found 0, expected a whole number/,
    ],
    [
      changed('name: method', 'name: baseline'),
      /line 6: two are called "baseline" and "baseline", which share a folder/,
    ],
    [changed(', test: b.jsonl', ''), /line 3: data\[0\]: there are no test rows; give "test" a file, or "split"/],
    [
      changed('b.jsonl', 'b.jsonl, split: { test: 0.1 }'),
      /line 3: data\[0\]: there is "test", and the split sets test rows/,
    ],
    [
      changed('b.jsonl', 'b.jsonl, split: { tset: 0.1 }'),
      /line 3: unknown field "data\[0\]\.split\.tset".*did you mean test\?/,
    ],
    [changed('b.jsonl', 'b.jsonl, split: { by: row }'), /line 3: data\[0\]: the split sets nothing apart/],
    [
      changed('b.jsonl', 'b.jsonl, rows: { train: x }'),
      /line 3: field "data\[0\]\.rows\.train": found "x", expected a whole number/,
    ],
    [`${valid}objectives: [soft-label]\n`, /grid\.yaml: expected either "arms" or "objectives"/],
    [`${valid}baseline: other\n`, /line 7: field "baseline": found text "other", expected one of baseline, method/],
    [
      `${valid}learning_rates: [1e-3, 2e-3]\n`,
      /line 3: data\[0\]: several learning rates are tried, and there are no validation rows/,
    ],
    [
      `${valid}learning_rates: [0]\n`,
      /line 7: field "learning_rates": found a list, expected a list of numbers above 0/,
    ],
    [`${valid}seeds: [1, 1]\n`, /line 7: field "seeds": 1 appears twice/],
    [`${valid}choose_by: loss\n`, /line 7: field "choose_by": found "loss", expected log-loss or accuracy/],
    [`${valid}options: [a]\n`, /line 7: field "options": found a list, expected fields with values/],
    [`${valid}options: { seed: 1 }\n`, /line 7: unknown field "options\.seed"/],
  ])('refuses a file by its line: %#', (text, message) => {
    expect(() => read(text)).toThrow(message)
  })

  it('says what a missing file should be', () => {
    expect(() => readExperiment(join(folder, 'none.yaml'))).toThrow(
      /none\.yaml: cannot be read; give the YAML file of an experiment/,
    )
  })
})
