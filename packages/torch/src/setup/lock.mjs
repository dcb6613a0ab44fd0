// One set-up at a time. Plain JavaScript without dependencies: the set-up script needs it before anything is compiled.
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const heartbeatMilliseconds = 2_000
const staleMilliseconds = 20_000

/**
 * Runs `body` while holding the lock `file`. Its holder touches it every two seconds; a lock that is not touched any
 * more, or whose process on this machine has ended, is taken over.
 * @template T
 * @param {string} file
 * @param {(line: string) => void} log told once where another process must be waited for
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withLock(file, log, body) {
  mkdirSync(dirname(file), { recursive: true })
  for (let waited = false; !take(file); waited = true) {
    if (!waited) log(`waiting for another set-up (it holds ${file})`)
    if (isAbandoned(file)) rmSync(file, { force: true })
    else await wait(250)
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMilliseconds)
  const release = () => rmSync(file, { force: true })
  process.once('exit', release)
  try {
    return await body()
  } finally {
    clearInterval(heartbeat)
    process.off('exit', release)
    release()
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, `${hostname()} ${process.pid}`, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    if (Date.now() - statSync(file).mtimeMs > staleMilliseconds) return true
    const [host, processId] = readFileSync(file, 'utf8').split(' ')
    return host === hostname() && processId !== undefined && !isAlive(Number(processId))
  } catch {
    return false // gone in between: the next attempt takes it
  }
}

/** @param {number} processId */
function isAlive(processId) {
  try {
    process.kill(processId, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** @param {string} file */
function touch(file) {
  try {
    const now = new Date()
    utimesSync(file, now, now)
  } catch {
    // taken away by `setup --remove`
  }
}
