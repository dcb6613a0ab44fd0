// One process at a time. Plain JavaScript without dependencies: the set-up script needs it before anything is compiled.
import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { makeFolder } from './folders.mjs'
import { describeHolder, isHere, isSame, isRunning, me, parseHolder } from './lock-holder.mjs'

const touchMilliseconds = 10_000
const silentMilliseconds = 60_000

/**
 * A lock that is held: touched every ten seconds until it is released. `release` may be called again; the end of the
 * process calls it, too.
 * @typedef {{ release: () => void }} Lock
 */

/**
 * Who holds a lock, in words. `ended`: a process of this machine that is no more. `live`: one that works, or gave a sign
 * within a minute. `silent`: one of another machine or container that gave none for longer, and may or may not work.
 * @typedef {{ state: 'ended' | 'live' | 'silent', holder: string }} LockState
 */

/**
 * Takes the lock `file`, in a folder that exists, unless another holds it. That of a process which has ended is taken
 * over; a silent one only with `takeOver`.
 * @param {string} file
 * @param {{ takeOver?: boolean, onLost?: (holder: string) => void }} [options] `onLost` hears that another has taken it
 * over, which happens to a process that was silent
 * @returns {{ lock: Lock, from: LockState | null } | { lock: null, from: LockState }} `from`: whose it was, or is
 */
export function takeLock(file, { takeOver = false, onLost = () => {} } = {}) {
  for (let attempts = 0; attempts < 100; attempts++) {
    const descriptor = create(file)
    if (descriptor !== null) return { lock: hold(file, descriptor, onLost), from: null }
    const found = read(file)
    if (found === null) continue // released in between
    const from = judge(file, found)
    if (from.state === 'live' || (from.state === 'silent' && !takeOver)) return { lock: null, from }
    const replaced = replace(file, found.text)
    if (replaced !== null) return { lock: hold(file, replaced, onLost), from }
  }
  throw new Error(`${file} cannot be taken: remove it where nobody holds it`)
}

/**
 * Who holds a lock; null where nobody does.
 * @param {string} file
 * @returns {LockState | null}
 */
export function lockState(file) {
  const found = read(file)
  return found && judge(file, found)
}

/**
 * Runs `body` while holding the lock `file`, and waits for it where another works. What a silent one left is taken over.
 * @template T
 * @param {string} file
 * @param {(line: string) => void} log receives a line if a lock is taken over, and one if another process must be waited for
 * @param {() => Promise<T>} body
 * @returns {Promise<T>}
 */
export async function withLock(file, log, body) {
  makeFolder(dirname(file))
  for (let waited = false; ; waited = true) {
    const { lock, from } = takeLock(file, { takeOver: true })
    if (lock) {
      if (from) log(`${file} of ${from.holder} was taken over`)
      try {
        return await body()
      } finally {
        lock.release()
      }
    }
    if (!waited) log(`waiting for another set-up (${from.holder} holds ${file})`)
    await wait(250)
  }
}

/**
 * The file, open, where it was not there.
 * @param {string} file
 */
function create(file) {
  try {
    return createOwn(file)
  } catch (error) {
    if (isCode(error, 'EEXIST')) return null
    throw error
  }
}

/**
 * A new file that says who we are, open.
 * @param {string} file
 */
function createOwn(file) {
  const descriptor = openSync(file, 'wx')
  try {
    writeSync(descriptor, me(), 0)
    return descriptor
  } catch (error) {
    closeSync(descriptor)
    rmSync(file, { force: true })
    throw error
  }
}

/**
 * Puts a lock of our own in the place of one that says `text`. Who does so holds a second file for a moment, and looks
 * again: of several that found the same lock left over, one takes it.
 * @param {string} file
 * @param {string} text
 * @returns {number | null} the file, open; null where another was faster
 */
function replace(file, text) {
  const claim = `${file}.taking`
  try {
    closeSync(openSync(claim, 'wx'))
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    // Held for milliseconds: an old one is left over from a process that was killed meanwhile.
    if (silence(claim) > silentMilliseconds) rmSync(claim, { force: true })
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    return null
  }
  try {
    if (read(file)?.text !== text) return null
    const own = `${file}.${randomUUID()}`
    const descriptor = createOwn(own)
    renameSync(own, file)
    return descriptor
  } finally {
    rmSync(claim, { force: true })
  }
}

/**
 * Touches a lock of ours as long as it is ours. It stays open: what is written goes into it even where another file has
 * taken its name.
 * @param {string} file
 * @param {number} descriptor
 * @param {(holder: string) => void} onLost
 * @returns {Lock}
 */
function hold(file, descriptor, onLost) {
  let isHeld = true
  const text = me()
  const owner = () => {
    const present = statSync(file, { throwIfNoEntry: false })
    if (!present) return 'nobody'
    const { dev, ino } = fstatSync(descriptor)
    return present.dev === dev && present.ino === ino ? 'us' : 'another'
  }
  const touch = () => {
    try {
      // Written, not given a time: the clock of the file system counts, which all see alike.
      writeSync(descriptor, text, 0)
      if (owner() !== 'another') return
    } catch {
      return // a file system that fails for a moment; if the folder is gone, the next write into it says so
    }
    const holder = read(file)?.text ?? ''
    release()
    onLost(describeHolder(parseHolder(holder)))
  }
  const release = () => {
    if (!isHeld) return
    isHeld = false
    clearInterval(timer)
    process.off('exit', release)
    try {
      if (owner() === 'us') rmSync(file, { force: true })
      closeSync(descriptor)
    } catch {
      // the folder cannot be read any more
    }
  }
  const timer = setInterval(touch, touchMilliseconds)
  timer.unref()
  process.once('exit', release)
  return { release }
}

/**
 * @param {string} file
 * @param {{ text: string, touched: number }} found
 * @returns {LockState}
 */
function judge(file, { text, touched }) {
  const holder = parseHolder(text)
  const words = describeHolder(holder)
  if (holder && isHere(holder)) {
    const state = isRunning(holder) ? 'live' : 'ended'
    return { state, holder: isSame(holder) ? 'this process' : words }
  }
  const milliseconds = Math.abs(now(file) - touched)
  const sign = `${words}, which gave its last sign ${Math.round(milliseconds / 1000)} s ago`
  return { state: milliseconds < silentMilliseconds ? 'live' : 'silent', holder: sign }
}

/**
 * What a lock says, and when it was touched last; null where there is none.
 * @param {string} file
 */
function read(file) {
  try {
    const descriptor = openSync(file, 'r')
    try {
      // Of the open file: a file system of the network looks anew when a file is opened.
      return { text: readFileSync(descriptor, 'utf8'), touched: fstatSync(descriptor).mtimeMs }
    } finally {
      closeSync(descriptor)
    }
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ENOTDIR')) return null
    throw error
  }
}

/**
 * Milliseconds since a file was written.
 * @param {string} file
 */
function silence(file) {
  const present = statSync(file, { throwIfNoEntry: false })
  return present ? Math.abs(now(file) - present.mtimeMs) : 0
}

/**
 * The time by the clock of the file system, which may be another machine's: that of a file written beside `file`.
 * @param {string} file
 */
function now(file) {
  const probe = `${file}.${randomUUID()}`
  try {
    writeFileSync(probe, hostname())
    return statSync(probe).mtimeMs
  } finally {
    rmSync(probe, { force: true })
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
const isCode = (error, code) => error instanceof Error && 'code' in error && error.code === code
