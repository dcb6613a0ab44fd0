import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { commandFile, rewardkit } from '../fixtures/run-command.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { until } from '../fixtures/until.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { experiment } from '../index.ts'

// Experiments as a user runs them, with a tiny model.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-experiment-'))
const at = (...names: string[]) => join(folder, ...names)
afterAll(() => rmSync(folder, { recursive: true }))

const grid = (more = '', options = '') => `models: [{ name: tiny, model: model }]
data: [{ name: simulated, data: pairs.jsonl, split: { test: 0.2, validation: 0.2 } }]
objectives: [bradley-terry, adaptive-margin]
options: { batch_size: 8, max_steps: 24, epochs: 4, save_every: 1, threads: 1, dtype: float32, max_length: 64${options} }
${more}`

beforeAll(() => {
  writeTinyModel(at('model'), { initializerRange: 0.1 })
  writeRows(at('pairs.jsonl'), tinyPairs(120))
  writeFileSync(at('grid.yaml'), grid('learning_rates: [1e-2]\n'))
})

const words = (out: string, ...more: string[]) => ['experiment', at('grid.yaml'), '--out', at(out), ...more]
const cells = ['bradley-terry', 'adaptive-margin'].map((arm) => join('runs/tiny/simulated', arm, 'lr-1e-2/seed-0'))
const bytes = (out: string) =>
  cells.flatMap((cell) =>
    ['model/model.safetensors', 'test-evaluation/rewards.jsonl'].map((name) =>
      readFileSync(at(out, cell, name)).toString('base64'),
    ),
  )
const stepsOf = (out: string, cell: string) =>
  existsSync(at(out, cell, 'metrics.jsonl'))
    ? readFileSync(at(out, cell, 'metrics.jsonl'), 'utf8').split('\n').length
    : 0

it('that was interrupted, killed and resumed ends with the bits of an uninterrupted one', async () => {
  const whole = rewardkit(words('whole'))
  expect(whole.status, whole.stderr).toBe(0)
  expect(whole.stdout).toMatch(/w\/ adaptive-margin +\d+\.\d \(\d+\.\d to \d+\.\d\)/)
  expect(whole.stdout).toContain('With one seed nothing is known of the noise of training.')

  const disturbed = async (signal: NodeJS.Signals, cell: string, ...more: string[]) => {
    const child = spawn(process.execPath, [commandFile, ...words('broken', ...more)], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await until(() => stepsOf('broken', cell) > 6 || child.exitCode !== null)
    child.kill(signal)
    await ended
    return child.exitCode ?? child.signalCode
  }
  expect(await disturbed('SIGINT', cells[0] ?? '')).toBe(130)
  expect(await disturbed('SIGKILL', cells[1] ?? '', '--resume')).toBe('SIGKILL')
  expect(JSON.parse(readFileSync(at('broken', `${cells[0]}.json`), 'utf8'))).toMatchObject({
    state: 'finished',
    steps: 24,
  })
  expect(JSON.parse(readFileSync(at('broken', `${cells[1]}.json`), 'utf8'))).toMatchObject({ state: 'begun' })
  const resumed = rewardkit(words('broken', '--resume'))
  expect(resumed.status, resumed.stderr).toBe(0)
  expect(resumed.stderr).toContain('2 cells, 1 of them finished before')
  expect(bytes('broken')).toEqual(bytes('whole'))
}, 120_000)

it('that has a cell which fails ends with 1 after the others', () => {
  writeFileSync(
    at('failing.yaml'),
    grid()
      .replace('objectives: [bradley-terry, adaptive-margin]', 'arms: [{ name: a, data: empty.jsonl }, { name: b }]')
      .replace('max_steps: 24', 'max_steps: 1'),
  )
  writeFileSync(at('empty.jsonl'), '')
  const { status, stdout, stderr } = rewardkit(['experiment', at('failing.yaml'), '--out', at('failing')])
  expect(status).toBe(1)
  expect(stderr).toMatch(/failed: tiny, simulated, a, rate 9e-6, seed 0: \S+empty\.jsonl/)
  expect(stdout).toContain('Failed: tiny, simulated, a, rate 9e-6, seed 0.')
  expect(existsSync(at('failing/runs/tiny/simulated/b/lr-9e-6/seed-0/test-evaluation/summary.json'))).toBe(true)
})

it('names the line of a mistake, and exits with 2', () => {
  writeFileSync(at('wrong.yaml'), grid('sedes: [1]\n'))
  const { status, stderr } = rewardkit(['experiment', at('wrong.yaml'), '--out', at('wrong')])
  expect([status, stderr]).toEqual([
    2,
    expect.stringMatching(/^rewardkit: \S+wrong\.yaml, line 5: unknown field "sedes".*did you mean seeds\?\n$/),
  ])
})

it('of a frozen backbone computes hidden states once for all its cells, in a program', async () => {
  const before = process.env['REWARDKIT_HOME']
  process.env['REWARDKIT_HOME'] = temporaryHome()
  onTestFinished(() => {
    if (before === undefined) delete process.env['REWARDKIT_HOME']
    else process.env['REWARDKIT_HOME'] = before
  })
  writeFileSync(at('head.yaml'), grid('seeds: [0, 1]\n', ', train: head'))
  const computed: number[] = []
  const { results, failed } = await experiment({
    file: at('head.yaml'),
    out: at('head'),
    onEvent: (event) => {
      if (event.kind === 'progress' && event.label === 'hidden states') computed.push(event.done)
      if (event.kind === 'progress' && event.label === 'experiment') computed.push(-1)
    },
  })
  expect(failed).toEqual([])
  expect(results.tables[0]?.rows.map(({ cells: [cell] }) => cell?.seeds)).toEqual([2, 2])
  // Some before the first of the four cells has ended, none after that.
  expect(computed.indexOf(-1)).toBeGreaterThan(0)
  expect(computed.slice(computed.indexOf(-1))).toEqual([-1, -1, -1, -1])
})
