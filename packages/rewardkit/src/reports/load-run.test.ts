import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'

import { InputError } from '../errors.ts'
import { exampleRuns } from './fixtures/example-runs.ts'
import { loadRun } from './load-run.ts'
import type { TruthFile } from './run-file-schemas.ts'
import { writeReport } from './write-report.ts'

const run = exampleRuns()[2]
let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'rewardkit-report-'))
})
afterEach(() => rmSync(root, { recursive: true }))

const lines = (values: readonly unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('')

function writeRun(name: string): string {
  const folder = join(root, name)
  mkdirSync(join(folder, 'evaluation'), { recursive: true })
  writeFileSync(join(folder, 'config.yaml'), stringify(run.config))
  writeFileSync(join(folder, 'metrics.jsonl'), lines(run.metrics))
  writeFileSync(join(folder, 'evaluation/summary.json'), JSON.stringify(run.evaluation.summary))
  writeFileSync(join(folder, 'evaluation/rewards.jsonl'), lines(run.rows))
  const texts = Array.from(run.evaluation.texts ?? [], ([id, pair]) => ({ schema_version: 1, id, ...pair }))
  writeFileSync(join(folder, 'evaluation/telling_pairs.jsonl'), lines(texts))
  const truth: TruthFile = {
    schema_version: 1,
    true_margin: Object.fromEntries(run.truth.trueMargin ?? []),
    best_achievable_accuracy: 0.9,
  }
  writeFileSync(join(folder, 'evaluation/truth.json'), JSON.stringify(truth))
  return folder
}

describe('loadRun', () => {
  it('reads back what a run wrote', () => {
    const loaded = loadRun(writeRun('one'))
    expect(loaded.name).toBe('one')
    expect(loaded.objective).toBe('adaptive-margin')
    expect(loaded.config).toEqual(run.config)
    expect(loaded.metrics).toEqual(run.metrics)
    expect(loaded.evaluation?.summary).toEqual(run.evaluation.summary)
    expect(loaded.evaluation?.table).toEqual(run.evaluation.table)
    expect(loaded.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    expect(loaded.evaluation?.texts?.size).toBe(10)
    expect(loaded.truth?.trueMargin).toEqual(run.truth.trueMargin)
    expect(loaded.truth?.bestAchievableAccuracy).toBe(0.9)
    expect(loaded.note).toBeUndefined()
  })

  it('reads the texts where versions before telling pairs kept them', () => {
    const folder = writeRun('one')
    renameSync(join(folder, 'evaluation/telling_pairs.jsonl'), join(folder, 'evaluation/worst_pairs.jsonl'))
    expect(loadRun(folder).evaluation?.texts?.size).toBe(10)
  })

  it('takes a run without evaluation, and an evaluation without run', () => {
    const folder = writeRun('one')
    expect(loadRun(join(folder, 'evaluation')).evaluation?.table.pairs).toBe(500)
    rmSync(join(folder, 'evaluation'), { recursive: true })
    expect(loadRun(folder).evaluation).toBeUndefined()
  })

  it('leaves out a last line that is being written and says so, and reads null as not a number', () => {
    const folder = writeRun('one')
    const first = JSON.stringify({ ...run.metrics[0], gradient_norm: null })
    writeFileSync(join(folder, 'metrics.jsonl'), `${first}\n{"schema_version":1,"ki`)
    const { metrics, note } = loadRun(folder)
    expect(metrics).toHaveLength(1)
    expect(metrics[0]).toMatchObject({ gradient_norm: Number.NaN })
    expect(note).toContain('incomplete')
  })

  it.each([
    ['no such folder', 'nothing', () => {}],
    ['holds no config.yaml', '.', () => {}],
    ...['config.yaml', 'metrics.jsonl', 'evaluation/rewards.jsonl', 'evaluation/summary.json'].map(
      (name): [string, string, (folder: string) => void] => [
        `${name}: it is a folder, where a file was expected`,
        'one',
        (folder) => {
          rmSync(join(folder, name))
          mkdirSync(join(folder, name))
        },
      ],
    ),
    [
      'metrics.jsonl, line 2: is not JSON',
      'one',
      (folder: string) => writeFileSync(join(folder, 'metrics.jsonl'), `${JSON.stringify(run.metrics[0])}\n{oops\n`),
    ],
    [
      'metrics.jsonl, line 1: field step',
      'one',
      (folder: string) => writeFileSync(join(folder, 'metrics.jsonl'), lines([{ ...run.metrics[0], step: 'three' }])),
    ],
    [
      'summary.json: field accuracy',
      'one',
      (folder: string) =>
        writeFileSync(
          join(folder, 'evaluation/summary.json'),
          JSON.stringify({ ...run.evaluation.summary, accuracy: 0.7 }),
        ),
    ],
    [
      'summary.json: field confounds.length',
      'one',
      (folder: string) =>
        writeFileSync(
          join(folder, 'evaluation/summary.json'),
          JSON.stringify({ ...run.evaluation.summary, confounds: {} }),
        ),
    ],
    ['rewards.jsonl: missing', 'one', (folder: string) => rmSync(join(folder, 'evaluation/rewards.jsonl'))],
    [
      'rewards.jsonl: 1 pairs, where summary.json counts 500',
      'one',
      (folder: string) => writeFileSync(join(folder, 'evaluation/rewards.jsonl'), lines(run.rows.slice(0, 1))),
    ],
    ['config.yaml: is not YAML', 'one', (folder: string) => writeFileSync(join(folder, 'config.yaml'), 'a: [1')],
    ['config.yaml: ', 'one', (folder: string) => writeFileSync(join(folder, 'config.yaml'), '- 1\n- 2\n')],
  ])('tells in one line: %s', (message, name, spoil) => {
    const folder = name === 'one' ? writeRun('one') : join(root, name)
    spoil(folder)
    const load = () => loadRun(folder)
    expect(load).toThrow(InputError)
    expect(load).toThrow(message)
    expect(load).not.toThrow('\n')
  })
})

describe('writeReport', () => {
  it('writes into the run folder, or to the file that is named', () => {
    const folder = writeRun('one')
    expect(writeReport([folder])).toBe(join(folder, 'report.html'))
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<title>one · RewardKit</title>')
    expect(writeReport([folder], { out: join(root, 'x.html') })).toBe(join(root, 'x.html'))
  })

  it('tells runs of the same name apart by the folder above', () => {
    const [first, second] = [writeRun('a/run'), writeRun('b/run')]
    const page = readFileSync(writeReport([first, second], { out: join(root, 'both.html') }), 'utf8')
    expect(page).toContain('<title>a/run, b/run · RewardKit</title>')
  })
})
