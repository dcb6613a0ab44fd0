import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { temporaryHome } from '../hidden-states/fixtures/home.ts'
import { createSimulationModel } from '../quickstart/index.ts'
import { createRandom } from '../random.ts'
import { simulate } from '../simulate/index.ts'

// The built command, killed and interrupted as a user or a system does it.
const main = fileURLToPath(new URL('../../bin/rewardkit.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-interrupts-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
const reference = join(folder, 'reference')
const steps = 40
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  createSimulationModel(model, { initializerRange: 0.1 })
  const { pairs } = simulate({ pairs: 700, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed: 1 })
  writeFileSync(data, pairs.map((pair) => `${JSON.stringify(pair)}\n`).join(''))
  const { status, stderr } = spawnSync(process.execPath, words(reference), { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
})

const settings =
  `--objective adaptive-margin --mean-over running --batch-size 16 --max-steps ${steps} --eval-fraction 0.1 ` +
  '--eval-every 10 --learning-rate 1e-3 --threads 1 --save-every 1 --dtype fp32'
const words = (out: string, ...more: string[]): string[] =>
  [main, 'train', '--model', model, '--data', data, '--out', out].concat(settings.split(' '), more)

/** Starts a run and does something to it at a moment. Gives its exit code, or the signal that ended it. */
async function disturbed(
  out: string,
  resume: boolean,
  disturb: (child: ChildProcess) => Promise<unknown>,
): Promise<number | string | null> {
  const child = spawn(process.execPath, words(out, ...(resume ? ['--resume'] : [])), { stdio: 'ignore' })
  const ended = once(child, 'exit')
  await Promise.race([disturb(child), ended])
  await ended
  return child.exitCode ?? child.signalCode
}

const names = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])
const finishedSteps = (out: string): number =>
  names(out).includes('metrics.jsonl') ? readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').length : 0

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 30_000 && !condition(); waited++) await sleep(1)
}

/** All that a run leaves, less what a clock or the system measured. */
function results(out: string): Record<string, unknown> {
  const timings = new Set(['seconds', 'tokens_per_second', 'pairs_per_second', 'peak_memory'])
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line, (key, value: unknown) => (timings.has(key) ? undefined : value)) as unknown)
  const bytes = (...path: string[]) => readFileSync(join(out, ...path)).toString('base64')
  return {
    metrics,
    weights: bytes('model', 'model.safetensors'),
    rewards: bytes('evaluation', 'rewards.jsonl'),
    moments: bytes('checkpoints', `step-${steps}`, 'optimizer.safetensors'),
    left: [...names(out), ...names(join(out, 'checkpoints'))].filter((name) => /tmp|replaced/.test(name)),
  }
}

describe('a run that was killed and resumed ends with the bits of the uninterrupted one', () => {
  const random = createRandom(7, 'moments')
  const moments = Array.from({ length: 20 }, (_, i) => ({
    kind: i % 2 === 0 ? 'between steps' : 'while saving',
    step: 1 + random.integer(steps - 10),
    milliseconds: random.integer(20),
  }))

  it.concurrent.each(moments)('kill -9 $kind, step $step + $milliseconds ms', async ({ kind, step, milliseconds }) => {
    const out = join(folder, `${kind} ${step} ${milliseconds}`)
    const isSaving = () => names(join(out, 'checkpoints')).some((name) => name.endsWith('.tmp'))
    const end = await disturbed(out, false, async (child) => {
      await until(() => finishedSteps(out) > step)
      if (kind === 'while saving') await until(isSaving)
      else await sleep(milliseconds)
      child.kill('SIGKILL')
    })
    expect(end).toBe('SIGKILL')
    expect(await disturbed(out, true, () => new Promise(() => {}))).toBe(0)
    expect(results(out)).toEqual(results(reference))
  })

  it('Ctrl-C three times on the way: exit code 130 each time', async () => {
    const out = join(folder, 'interrupted')
    for (const [i, step] of [5, 17, 30].entries()) {
      const end = await disturbed(out, i > 0, async (child) => {
        await until(() => finishedSteps(out) > step)
        child.kill('SIGINT')
      })
      expect(end).toBe(130)
    }
    expect(await disturbed(out, true, () => new Promise(() => {}))).toBe(0)
    expect(results(out)).toEqual(results(reference))
  })
})

it('kill -9 while hidden states are computed: what is left disturbs nobody, and the next run has the same bits', async () => {
  const homes = [temporaryHome(), temporaryHome()]
  const start = (out: string, home = '') =>
    spawn(process.execPath, words(out, '--train', 'head'), {
      stdio: 'ignore',
      env: { ...process.env, REWARDKIT_HOME: home },
    })
  const left = (home = '') =>
    names(join(home, 'hidden-states')).flatMap((name) => names(join(home, 'hidden-states', name)))
  const [whole, broken] = [join(folder, 'head'), join(folder, 'head, killed')]
  const finished = start(whole, homes[0])
  const killed = start(broken, homes[1])
  const ends = [once(finished, 'exit'), once(killed, 'exit')]
  await until(() => left(homes[1]).some((name) => name.endsWith('.tmp')))
  killed.kill('SIGKILL')
  await Promise.all(ends)
  expect(killed.signalCode).toBe('SIGKILL')
  expect(left(homes[1]).filter((name) => /states/.test(name))).toEqual([expect.stringMatching(/tmp$/)])
  await once(start(broken, homes[1]), 'exit')
  expect(results(broken)).toEqual(results(whole))
  for (const home of homes) rmSync(home, { recursive: true })
})

describe('a place that fails', () => {
  const mounted = join(folder, 'small')
  const mount = (size: string) => {
    mkdirSync(mounted, { recursive: true })
    return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', mounted]).status === 0
  }
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mount('64k')
  if (canMount) spawnSync('umount', [mounted])

  // A checkpoint takes about 1.3 MB: the disk fills at the first, while the second is beside it, or at the model.
  it.skipIf(!canMount).each(['800k', '1500k', '2m', '3m'])(
    'a disk of %s: one line, and the last good state goes on',
    (size) => {
      expect(mount(size)).toBe(true)
      try {
        const out = join(mounted, 'run')
        const full = spawnSync(process.execPath, words(out), { encoding: 'utf8' })
        expect(full.status).toBe(1)
        expect(full.stderr.trim().split('\n').at(-1)).toMatch(/cannot be written: the disk is full; free some space/)
        expect(full.stderr).not.toContain('    at ')
        spawnSync('mount', ['-o', 'remount,size=64m', mounted])
        const resumed = spawnSync(process.execPath, words(out, '--resume'), { encoding: 'utf8' })
        expect(resumed).toMatchObject({ status: 0 })
        expect(results(out)).toEqual(results(reference))
      } finally {
        spawnSync('umount', ['-l', mounted])
      }
    },
  )

  it('an output folder that is deleted meanwhile: one line that names it', async () => {
    const out = join(folder, 'deleted')
    const child = spawn(process.execPath, words(out), { stdio: ['ignore', 'ignore', 'pipe'] })
    let told = ''
    child.stderr.on('data', (text: Buffer) => (told += text.toString()))
    const ended = once(child, 'exit')
    await until(() => finishedSteps(out) > 5)
    // At once, while the run goes on writing.
    renameSync(out, `${out}-elsewhere`)
    await ended
    expect(child.exitCode).toBe(2)
    expect(told.trim().split('\n').at(-1)).toMatch(/deleted.* cannot be written: its folder does not exist/)
  })
})
