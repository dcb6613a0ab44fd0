import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { evaluate } from '../library/evaluate.ts'
import { train } from '../library/train.ts'
import { commandFile } from '../fixtures/run-command.ts'
import { tinyPairs, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { until } from '../fixtures/until.ts'

// Several processes that want one folder, and the ways in which they end.
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-locks-'))
const model = join(folder, 'untrained')
const data = join(folder, 'pairs.jsonl')
const children: ChildProcess[] = []
let out: string
let runs = 0

beforeAll(() => {
  writeTinyModel(model, { initializerRange: 0.1 })
  writeRows(data, tinyPairs(200))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})
afterAll(() => rmSync(folder, { recursive: true }))

const newOut = (): string => join(folder, `run ${runs++}`)
const settings = 'train --batch-size 4 --threads 1 --dtype fp32 --eval-fraction 0.1'.split(' ')
const words = (...more: string[]): string[] =>
  [commandFile, ...settings, '--model', model, '--data', data, '--out', out].concat(more)
const command = (...given: string[]) => spawnSync(process.execPath, given, { encoding: 'utf8' })
const lastLine = ({ stderr }: { readonly stderr: string }): string | undefined => stderr.trim().split('\n').at(-1)

/** A run that goes on until it is ended, once it has begun to train. */
async function running(...more: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, words('--epochs', '10000', ...more), { stdio: 'ignore' })
  children.push(child)
  await until(() => existsSync(join(out, 'metrics.jsonl')) && readFileSync(join(out, 'metrics.jsonl')).length > 0)
  return child
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | string | null> {
  child.kill(signal)
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode ?? child.signalCode
}

/** A lock of another machine, touched some seconds ago. */
function lockedElsewhere(path: string, age: number): void {
  mkdirSync(path, { recursive: true })
  const holder = { host: 'elsewhere', boot: 'b', namespace: 'pid:[1]', pid: 12, started: '34' }
  writeFileSync(join(path, 'run.lock'), JSON.stringify(holder))
  const time = Date.now() / 1000 - age
  utimesSync(join(path, 'run.lock'), time, time)
}

describe('a run folder', () => {
  it('belongs to one process: others are refused, whatever they want there', async () => {
    out = newOut()
    const child = await running('--save-every', '1')
    const evaluation = join(out, 'evaluation')
    const evaluating = ['evaluate', '--model', model, '--data', data]
    for (const given of [
      words(),
      words('--resume'),
      words('--overwrite'),
      words('--overwrite', '--take-over'),
      [commandFile, ...evaluating, '--out', out],
      [commandFile, ...evaluating, '--out', evaluation],
    ]) {
      const refused = command(...given)
      expect(refused.status).toBe(2)
      expect(lastLine(refused)).toMatch(
        new RegExp(`--out .* is in use by process ${child.pid}; wait until it ends, or name another folder$`),
      )
    }
    const common = { model, data, threads: 1, dtype: 'float32' } as const
    await expect(train({ ...common, out, overwrite: true })).rejects.toThrow(`out ${out} is in use by process`)
    await expect(evaluate({ ...common, out: evaluation })).rejects.toMatchObject({ code: 'invalid-input' })
    expect(existsSync(evaluation)).toBe(false)

    expect(await ended(child, 'SIGINT')).toBe(130)
    expect(readdirSync(out)).not.toContain('run.lock')
  })

  it('is free again after kill -9, with a word; after SIGTERM and a second Ctrl-C nothing is left', async () => {
    out = newOut()
    const lock = join(out, 'run.lock')
    const killed = await running('--save-every', '1')
    expect(await ended(killed, 'SIGKILL')).toBe('SIGKILL')
    expect(readdirSync(out)).toContain('run.lock')
    const resumed = command(...words('--resume', '--model', folder))
    expect(resumed.stderr).toContain(`left locked by process ${killed.pid}; taken over`)
    expect(readdirSync(out)).not.toContain('run.lock')
    const child = await running('--save-every', '1', '--resume')
    await until(() => existsSync(lock) && readFileSync(lock, 'utf8').includes(`"pid":${child.pid},`))
    expect(await ended(child, 'SIGTERM')).toBe('SIGTERM')
    expect(readdirSync(out)).not.toContain('run.lock')
  })

  it('of another machine is not taken silently', () => {
    out = newOut()
    const short = ['--max-steps', '1']
    lockedElsewhere(out, 30)
    for (const more of [short, [...short, '--take-over']])
      expect(lastLine(command(...words(...more)))).toMatch(/in use by process 12 on host elsewhere.* ago; wait/)
    lockedElsewhere(out, 90)
    expect(lastLine(command(...words(...short)))).toMatch(
      /process 12 on host elsewhere, which gave its last sign 9\d s ago; give --take-over if it has ended/,
    )
    expect(readdirSync(out)).toEqual(['run.lock'])
    expect(command(...words(...short, '--take-over')).status).toBe(0)
    expect(readFileSync(join(out, 'config.yaml'), 'utf8')).not.toMatch(/take_over/)
  })

  it('whose evaluation another machine makes is not begun anew', () => {
    out = newOut()
    lockedElsewhere(join(out, 'evaluation'), 5)
    expect(lastLine(command(...words('--overwrite')))).toMatch(/evaluation is in use by process 12 on host elsewhere/)
    expect(readdirSync(out)).toEqual(['evaluation'])
  })

  it('is refused to a second run of the same process, and free when the first has ended', async () => {
    out = newOut()
    const own = { model, data, out, threads: 1, dtype: 'float32', batchSize: 4, maxSteps: 2 } as const
    const [first, second] = await Promise.allSettled([train(own), train(own)])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ reason: { problem: `out ${out} is in use by this process` } })
    await train({ ...own, overwrite: true })
    expect(readdirSync(out)).not.toContain('run.lock')
  })

  it('that was not there goes again where the options are refused', () => {
    out = join(newOut(), 'deep')
    expect(
      command(...words('--limit', '1', '--objective', 'annotated-margin', '--data', join(folder, 'no'))).status,
    ).toBe(2)
    expect(existsSync(out)).toBe(false)
    expect(existsSync(join(out, '..'))).toBe(false)
  })
})

describe('inside a regular expression that does not end', () => {
  const rows = join(folder, 'long.jsonl')
  const unfinished = () => readdirSync(folder).filter((name) => name.startsWith('filtered.jsonl'))
  const filtering = async () => {
    writeFileSync(rows, `${JSON.stringify({ prompt: `${'a'.repeat(100)}!`, chosen: 'x', rejected: 'y' })}\n`)
    const filtered = join(folder, 'filtered.jsonl')
    const child = spawn(
      process.execPath,
      [commandFile, 'data', 'filter', rows, '--prompt', '^(a+)+$', '--out', filtered],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    children.push(child)
    await until(() => unfinished().length > 0)
    await sleep(100)
    return child
  }

  it('SIGTERM ends a verb', async () => {
    expect(await ended(await filtering(), 'SIGTERM')).toBe('SIGTERM')
    expect(unfinished()).toEqual([])
  })

  it('the second Ctrl-C does, and the first says so; one that npx hands on is not a second', async () => {
    const child = await filtering()
    child.kill('SIGINT')
    const [reported] = (await once(child.stderr ?? child, 'data')) as [Buffer]
    expect(reported.toString()).toContain('interrupt again to end at once')
    child.kill('SIGINT')
    await sleep(300)
    expect(child.signalCode).toBeNull()
    expect(await ended(child, 'SIGINT')).toBe('SIGINT')
    expect(unfinished()).toEqual([])
  })
})

describe.skipIf(process.platform !== 'linux')('a place where nothing can be written', () => {
  const place = '/proc/rewardkit/x'
  it.each([
    ['train', '--model', model, '--data', data],
    ['evaluate', '--model', model, '--data', data],
    ['score', '--model', model, '--data', data],
    ['quickstart'],
    ['simulate'],
    ['data', 'convert', data],
    ['data', 'split', data, '--test', '0.1'],
    ['data', 'mix', data, data],
    ['data', 'filter', data],
  ])('%s %s names the option', (...verb) => {
    const refused = command(commandFile, ...verb, '--out', place)
    expect(refused.status).toBe(2)
    expect(lastLine(refused)).toMatch(/^rewardkit: --out:? \/proc\/rewardkit\/x.* cannot be written: /)
  })
})
