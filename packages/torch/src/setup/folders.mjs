// Where things are on the disk. Plain JavaScript without dependencies: the set-up script needs it before anything is
// compiled.
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where set-up keeps libtorch and the compiled addon, and training its hidden states: REWARDKIT_HOME, else `rewardkit` in XDG_CACHE_HOME, else
 * `~/.cache/rewardkit`. An empty variable counts as unset.
 * @param {NodeJS.ProcessEnv} [environment]
 */
export function cacheFolder(environment = process.env) {
  const { REWARDKIT_HOME: home, XDG_CACHE_HOME: caches } = environment
  return home ? resolve(home) : join(caches || join(homedir(), '.cache'), 'rewardkit')
}

/** The addon's sources, beside both src and dist. */
const nativeFolder = fileURLToPath(new URL('../../native', import.meta.url))

/** The addon's source files in a fixed order, as absolute paths. */
export const nativeSources = () =>
  readdirSync(nativeFolder)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => join(nativeFolder, name))

/**
 * What is made in the cache folder: libtorch (also half-installed), compiled addons, records, set-up's lock, and the
 * hidden states that training keeps.
 */
const made = /^(libtorch-.*|addon|setup-.*\.json.*|setup\.lock.*|hidden-states)$/

/**
 * Takes away what set-up and training have put into the cache folder, for all clones that use it. Other files there stay, and so does
 * the folder unless it is then empty.
 * @param {string} [cache]
 * @returns {string[]} what was removed, as absolute paths
 */
export function removeSetup(cache = cacheFolder()) {
  const removed = listFolder(cache)
    .filter((name) => made.test(name))
    .map((name) => join(cache, name))
  for (const path of removed) rmSync(path, { recursive: true, force: true })
  if (removed.length > 0 && listFolder(cache).length === 0) rmdirSync(cache)
  return removed
}

/**
 * Creates a folder and its missing parents, one by one. Node's recursive mkdir never returns if a file system answers a
 * new folder with ENOENT, as /proc does. Throws the system's error.
 * @param {string} path
 */
export function makeFolder(path) {
  /** @type {string[]} */
  const missing = []
  for (let folder = resolve(path); !existsSync(folder); folder = dirname(folder)) missing.unshift(folder)
  for (const folder of missing) {
    try {
      mkdirSync(folder)
    } catch (error) {
      // Another process was faster.
      if (!existsSync(folder)) throw error
    }
  }
  readdirSync(path) // throws ENOTDIR for a file
}

/** @param {string} folder */
function listFolder(folder) {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
