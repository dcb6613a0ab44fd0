// Which process holds a lock, and whether it still runs. Plain JavaScript without dependencies, like lock.mjs.
import { spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Identifies a process among all that ever ran: machine, its start (boot), the namespace of its number (each container
 * has one), number, and the time of its own start. Numbers are reused.
 * @typedef {{ host: string, boot: string, namespace: string, pid: number, started: string }} Holder
 */

/** What this process writes into a lock. */
export const me = () => `${JSON.stringify(here())}\n`

/** @returns {Holder} */
function here() {
  return {
    host: hostname(),
    boot: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
    namespace: attempt(() => readlinkSync('/proc/self/ns/pid')),
    pid: process.pid,
    started: startOf(process.pid),
  }
}

/**
 * @param {string} text
 * @returns {Holder | null} null for what no process of ours wrote, or has not written to its end
 */
export function parseHolder(text) {
  try {
    /** @type {unknown} */
    const value = JSON.parse(text)
    return isHolder(value) ? value : null
  } catch {
    return null
  }
}

/**
 * Whether this process can see whether that one runs: same machine, not started anew since, same container.
 * @param {Holder} holder
 */
export function isHere({ host, boot, namespace }) {
  const mine = here()
  return host === mine.host && boot === mine.boot && namespace === mine.namespace
}

/** @param {Holder} holder of this machine */
export const isSame = ({ pid }) => pid === process.pid

/**
 * Whether a process of this machine runs. Where its start cannot be seen, its number decides.
 * @param {Holder} holder
 */
export function isRunning({ pid, started }) {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, and is another user's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  const found = startOf(pid)
  return found !== ended && (found === '' || started === '' || found === started)
}

/** @param {Holder | null} holder */
export function describeHolder(holder) {
  if (!holder) return 'an unknown process'
  if (isHere(holder)) return `process ${holder.pid}`
  const where = holder.host === hostname() ? 'another container, or an earlier start, of' : 'host'
  return `process ${holder.pid} on ${where} ${holder.host}`
}

/** In the place of a start: the process is over, and nobody has asked for its exit code yet. */
const ended = 'ended'

/**
 * When a process of this machine began, in whatever unit; empty where that cannot be seen. Of Linux it is the 22nd field
 * of its state, of which the second is a name that may hold anything but ends at the last parenthesis.
 * @param {number} pid
 */
function startOf(pid) {
  if (process.platform !== 'linux')
    return attempt(() => spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim())
  return attempt(() => {
    const state = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = state.slice(state.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || fields[0] === 'X' ? ended : (fields[19] ?? '')
  })
}

/** @param {() => string} look */
function attempt(look) {
  try {
    return look()
  } catch {
    return ''
  }
}

/**
 * @param {unknown} value
 * @returns {value is Holder}
 */
function isHolder(value) {
  if (typeof value !== 'object' || value === null) return false
  const { host, boot, namespace, pid, started } = /** @type {Partial<Record<keyof Holder, unknown>>} */ (value)
  return typeof pid === 'number' && [host, boot, namespace, started].every((text) => typeof text === 'string')
}
