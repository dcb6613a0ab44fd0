import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { me } from './lock-holder.mjs'
import { lockState, takeLock, withLock } from './lock.mjs'

let folder: string
let file: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewardkit-lock-'))
  file = join(folder, 'run.lock')
})
afterEach(() => {
  vi.useRealTimers()
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true })
})

/** A process that takes the lock once the file GO is there. */
async function contender(): Promise<{ child: ChildProcess; next: () => Promise<string | undefined> }> {
  const program = fileURLToPath(new URL('fixtures/take-lock.mjs', import.meta.url))
  const child = spawn(process.execPath, [program, file, join(folder, 'go')], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => (await lines.next()).value as string | undefined
  expect(await next()).toBe('ready')
  return { child, next }
}

const go = () => writeFileSync(join(folder, 'go'), '')
const left = (): string[] => readdirSync(folder).filter((name) => name !== 'go')

/** A lock as another process would have left it, touched some seconds ago. */
function written(change: Partial<Record<'host' | 'boot' | 'namespace' | 'pid' | 'started', unknown>>, age = 0): void {
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(me()) as object), ...change }))
  const time = Date.now() / 1000 - age
  utimesSync(file, time, time)
}
const endedPid = (): number => spawnSync(process.execPath, ['-e', '']).pid

describe('of several processes', () => {
  const outcomes = async (contenders: Awaited<ReturnType<typeof contender>>[]) =>
    (await Promise.all(contenders.map(({ next }) => next()))).toSorted((a = '', b = '') => (a < b ? -1 : 1))

  it('one takes a free lock', async () => {
    const contenders = await Promise.all(Array.from({ length: 8 }, contender))
    go()
    expect(await outcomes(contenders)).toEqual([...Array<string>(7).fill('refused: live'), 'taken from nobody'])
    expect(left()).toEqual(['run.lock'])
  })

  it('one takes over what a killed one left', async () => {
    const killed = await contender()
    go()
    expect(await killed.next()).toBe('taken from nobody')
    killed.child.kill('SIGKILL')
    await once(killed.child, 'exit')
    expect(left()).toEqual(['run.lock'])
    rmSync(join(folder, 'go'))
    const contenders = await Promise.all(Array.from({ length: 8 }, contender))
    go()
    expect(await outcomes(contenders)).toEqual([...Array<string>(7).fill('refused: live'), 'taken from ended'])
    expect(left()).toEqual(['run.lock'])
  })
})

describe('a process of this machine', () => {
  it('holds a lock against itself, and gives it back', () => {
    const { lock } = takeLock(file)
    expect(takeLock(file, { takeOver: true })).toEqual({ lock: null, from: { state: 'live', holder: 'this process' } })
    expect(lockState(file)?.state).toBe('live')
    lock?.release()
    expect(left()).toEqual([])
    expect(lockState(file)).toBeNull()
    lock?.release()
  })

  it('holds it while it runs, however long it is silent', () => {
    written({}, 1e6)
    expect(takeLock(file, { takeOver: true }).lock).toBeNull()
  })

  it('has lost it where it has ended, or its number is another process of now', () => {
    for (const change of [{ pid: endedPid() }, { started: '1' }]) {
      written(change)
      const { lock, from } = takeLock(file)
      expect(from?.state).toBe('ended')
      expect(readFileSync(file, 'utf8')).toBe(me())
      lock?.release()
    }
    expect(left()).toEqual([])
  })

  it.skipIf(process.platform !== 'linux')('has lost it where it is a zombie', async () => {
    // The shell never asks for the exit code of its child.
    const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] })
    children.push(shell)
    const [text] = (await once(shell.stdout, 'data')) as [Buffer]
    const pid = Number(text.toString())
    await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '))
    written({ pid, started: '' })
    expect(lockState(file)?.state).toBe('ended')
  })
})

describe.each([{ host: 'elsewhere' }, { boot: 'another' }, { namespace: 'pid:[1]' }])('a process of %o', (change) => {
  it('holds it within a minute of its last sign', () => {
    written({ ...change, pid: endedPid() }, 50)
    const { lock, from } = takeLock(file, { takeOver: true })
    expect(lock).toBeNull()
    expect(from?.state).toBe('live')
    expect(from?.holder).toMatch(new RegExp(`${change.host ?? hostname()}, which gave its last sign 5\\d s ago`))
  })

  it('is not taken from silently after that', () => {
    written(change, 70)
    expect(takeLock(file)).toMatchObject({ lock: null, from: { state: 'silent' } })
    const { lock, from } = takeLock(file, { takeOver: true })
    expect(from?.state).toBe('silent')
    lock?.release()
    expect(left()).toEqual([])
  })
})

it('a lock that says nothing is nobody known', () => {
  for (const text of ['', '{', 'host 12', '{"pid":"x"}']) {
    writeFileSync(file, text)
    expect(takeLock(file)).toMatchObject({ lock: null, from: { state: 'live' } })
    utimesSync(file, 0, 0)
    expect(takeLock(file)).toMatchObject({ lock: null, from: { state: 'silent' } })
  }
})

describe('touching', () => {
  it('happens every ten seconds, by the clock of the file system', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { lock } = takeLock(file)
    for (let i = 0; i < 3; i++) {
      utimesSync(file, 0, 0)
      vi.advanceTimersByTime(10_000)
      expect(Math.abs(statSync(file).mtimeMs - Date.now())).toBeLessThan(5000)
    }
    expect(readFileSync(file, 'utf8')).toBe(me())
    lock?.release()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tells a process that was silent that another has taken over, whose lock stays', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const onLost = vi.fn<(holder: string) => void>()
    const { lock } = takeLock(file, { onLost })
    const theirs = JSON.stringify({ ...(JSON.parse(me()) as object), host: 'elsewhere', pid: 12 })
    writeFileSync(`${file}.new`, theirs)
    renameSync(`${file}.new`, file)
    vi.advanceTimersByTime(30_000)
    expect(onLost.mock.calls).toEqual([['process 12 on host elsewhere']])
    lock?.release()
    expect(readFileSync(file, 'utf8')).toBe(theirs)
  })
})

describe('withLock', () => {
  it('lets one body run at a time', async () => {
    const events: string[] = []
    const body = (name: string) => async () => {
      events.push(`${name} begins`)
      await new Promise((settle) => setTimeout(settle, 50))
      events.push(`${name} ends`)
    }
    const log = vi.fn<(line: string) => void>()
    await Promise.all([withLock(file, log, body('a')), withLock(file, log, body('b'))])
    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends'])
    expect(log).toHaveBeenCalledOnce()
  })

  it('is released by a failure', async () => {
    const fail = () => Promise.reject(new Error('no'))
    await expect(withLock(file, () => {}, fail)).rejects.toThrow('no')
    expect(existsSync(file)).toBe(false)
  })

  it('says from whom it takes over', async () => {
    const log = vi.fn<(line: string) => void>()
    written({ host: 'elsewhere', pid: 7 }, 100)
    expect(await withLock(file, log, () => Promise.resolve('done'))).toBe('done')
    expect(log.mock.calls).toEqual([[expect.stringMatching(/run\.lock of process 7 on host elsewhere.*taken over$/)]])
  })
})
