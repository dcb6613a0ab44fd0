import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commandFile, rewardkit } from '../fixtures/run-command.ts'
import { canMount, changeDisk, withSmallDisk } from '../fixtures/small-disk.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { until } from '../fixtures/until.ts'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { createRandom } from '../random.ts'

// The command, killed and interrupted as a user or a system does it.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-interrupts-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
const reference = join(folder, 'reference')
const steps = 80
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  writeTinyModel(model, { initializerRange: 0.1 })
  writeRows(data, tinyPairs(200))
  const { status, stderr } = rewardkit(words(reference))
  if (status !== 0) throw new Error(stderr)
})

const settings =
  `--objective adaptive-margin --mean-over running --margin-on random --batch-size 8 --epochs 10 --max-steps ${steps} ` +
  '--eval-fraction 0.1 --eval-every 20 --learning-rate 1e-3 --threads 1 --save-every 1 --dtype fp32'
const words = (out: string, ...more: string[]): string[] =>
  ['train', '--model', model, '--data', data, '--out', out].concat(settings.split(' '), more)
const start = (out: string, ...more: string[]): ChildProcess =>
  spawn(process.execPath, [commandFile, ...words(out, ...more)], { stdio: 'ignore' })

/** Starts or resumes a run and does something to it. Returns its exit code, or the signal that ended it. */
async function disturbed(
  out: string,
  disturb: (child: ChildProcess) => Promise<unknown>,
): Promise<number | string | null> {
  const child = start(out, ...(existsSync(out) ? ['--resume'] : []))
  const ended = once(child, 'exit')
  await Promise.race([disturb(child), ended])
  await ended
  return child.exitCode ?? child.signalCode
}

const resumed = (out: string) => rewardkit(words(out, '--resume')).status

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])
const finishedSteps = (out: string): number =>
  names(out).includes('metrics.jsonl') ? readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length : 0

/** The whole lines of a run's metrics, without what a clock or the system measured. */
function metricsOf(out: string): unknown[] {
  const timings = new Set(['seconds', 'tokens_per_second', 'pairs_per_second', 'peak_memory'])
  const written = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
  const lines = written.slice(0, written.lastIndexOf('\n')).split('\n')
  return lines.map((line) => JSON.parse(line, (key, value: unknown) => (timings.has(key) ? undefined : value)))
}

/** All that a finished run leaves. */
function results(out: string): Record<string, unknown> {
  const bytes = (...path: string[]) => readFileSync(join(out, ...path)).toString('base64')
  return {
    metrics: metricsOf(out),
    weights: bytes('model', 'model.safetensors'),
    rewards: bytes('evaluation', 'rewards.jsonl'),
    moments: bytes('checkpoints', `step-${steps}`, 'optimizer.safetensors'),
    left: [...names(out), ...names(join(out, 'checkpoints'))].filter((name) => /tmp|replaced/.test(name)),
  }
}

describe('a run that was killed and resumed ends with the bits of the uninterrupted one', () => {
  const random = createRandom(7, 'moments')
  // Each run is killed three times: early, in the middle and late.
  const runs = Array.from({ length: 8 }, (_, run) => ({
    run,
    kills: [1, 20, 40].map((first, i) => ({
      whileSaving: (run + i) % 2 === 1,
      step: first + random.integer(16),
      milliseconds: random.integer(20),
    })),
  }))

  it.each(runs)('kill -9: $kills', async ({ run, kills }) => {
    const out = join(folder, `killed ${run}`)
    const isSaving = () => names(join(out, 'checkpoints')).some((name) => name.endsWith('.tmp'))
    for (const { whileSaving, step, milliseconds } of kills) {
      const end = await disturbed(out, async (child) => {
        await until(() => finishedSteps(out) > step)
        if (whileSaving) await until(isSaving)
        else await sleep(milliseconds)
        child.kill('SIGKILL')
      })
      expect(end).toBe('SIGKILL')
      const metrics = metricsOf(out)
      expect(metrics).toEqual(metricsOf(reference).slice(0, metrics.length))
    }
    expect(resumed(out)).toBe(0)
    expect(results(out)).toEqual(results(reference))
  })

  it('Ctrl-C three times on the way: exit code 130 each time', async () => {
    const out = join(folder, 'interrupted')
    for (const step of [10, 25, 40]) {
      const end = await disturbed(out, async (child) => {
        await until(() => finishedSteps(out) > step)
        child.kill('SIGINT')
      })
      expect(end).toBe(130)
    }
    expect(resumed(out)).toBe(0)
    expect(results(out)).toEqual(results(reference))
  })
})

it('kill -9 while hidden states are computed: what is left disturbs nobody, and the next run has the same bits', async () => {
  const homes = [temporaryHome(), temporaryHome()]
  const trainHead = (out: string, home = '') =>
    spawn(process.execPath, [commandFile, ...words(out, '--train', 'head')], {
      stdio: 'ignore',
      env: { ...process.env, REWARDKIT_HOME: home },
    })
  const left = (home = '') =>
    names(join(home, 'hidden-states')).flatMap((name) => names(join(home, 'hidden-states', name)))
  const [whole, broken] = [join(folder, 'head'), join(folder, 'head, killed')]
  const finished = trainHead(whole, homes[0])
  const killed = trainHead(broken, homes[1])
  const ends = [once(finished, 'exit'), once(killed, 'exit')]
  await until(() => left(homes[1]).some((name) => name.endsWith('.tmp')))
  killed.kill('SIGKILL')
  await Promise.all(ends)
  expect(killed.signalCode).toBe('SIGKILL')
  expect(left(homes[1]).filter((name) => /states/.test(name))).toEqual([expect.stringMatching(/tmp$/)])
  await once(trainHead(broken, homes[1]), 'exit')
  expect(results(broken)).toEqual(results(whole))
  for (const home of homes) rmSync(home, { recursive: true })
})

describe('a place that fails', () => {
  // A checkpoint takes 56 kB: the disk fills at the first, second or third, or after the model.
  it.skipIf(!canMount).each(['140k', '190k', '240k', '320k'])(
    'a disk of %s: one line, and the last good state goes on',
    async (size) => {
      const disk = join(folder, 'small')
      await withSmallDisk(disk, size, () => {
        const out = join(disk, 'run')
        const full = rewardkit(words(out))
        expect(full.status).toBe(1)
        expect(full.stderr.trim().split('\n').at(-1)).toMatch(/cannot be written: the disk is full; free some space/)
        expect(full.stderr).not.toContain('    at ')
        changeDisk(disk, 'size=4m')
        expect(resumed(out)).toBe(0)
        expect(results(out)).toEqual(results(reference))
      })
    },
  )

  it('an output folder that is deleted meanwhile: one line that names it', async () => {
    const out = join(folder, 'deleted')
    const child = spawn(process.execPath, [commandFile, ...words(out)], { stdio: ['ignore', 'ignore', 'pipe'] })
    const [said] = await Promise.all([
      text(child.stderr),
      // At once, while the run goes on writing.
      until(() => finishedSteps(out) > 5).then(() => renameSync(out, `${out}-elsewhere`)),
      once(child, 'exit'),
    ])
    expect(child.exitCode).toBe(2)
    expect(said.trim().split('\n').at(-1)).toMatch(/deleted.* cannot be written: its folder does not exist/)
  })
})
