// One set-up at a time. Plain JavaScript without dependencies: the set-up script needs it before anything is compiled.
import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makeFolder } from './folders.mjs'

const heartbeatMilliseconds = 2_000
const staleMilliseconds = 20_000
const me = `${hostname()} ${process.pid}`

/**
 * Runs `body` while holding the lock `file`. A lock is taken over from a process of this machine once that has ended,
 * however long it was silent (a synchronous installation takes minutes); from another machine, which shares the file
 * system, once its holder no longer touches it every two seconds.
 * @template T
 * @param {string} file
 * @param {(line: string) => void} log told once where another process must be waited for
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withLock(file, log, body) {
  makeFolder(dirname(file))
  for (let waited = false; !take(file);) {
    if (isAbandoned(file)) {
      rmSync(file, { force: true })
      continue
    }
    if (!waited) log(`waiting for another set-up (${readHolder(file)} holds ${file})`)
    waited = true
    await wait(250)
  }
  const heartbeat = setInterval(() => touch(file), heartbeatMilliseconds)
  const release = () => {
    if (readHolder(file) === me) rmSync(file, { force: true })
  }
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
    writeFileSync(file, me, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** @param {string} file */
function isAbandoned(file) {
  try {
    const [host, processId] = readHolder(file).split(' ')
    if (host === hostname() && processId !== undefined) return !isAlive(Number(processId))
    return Date.now() - statSync(file).mtimeMs > staleMilliseconds
  } catch {
    return false // gone in between: the next attempt takes it
  }
}

/**
 * Host and process that hold the lock, or an empty text.
 * @param {string} file
 */
function readHolder(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
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
