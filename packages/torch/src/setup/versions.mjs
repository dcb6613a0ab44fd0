// Which libtorch fits, and whether the active Python has it. Plain JavaScript without dependencies: the set-up script
// asks before anything is compiled.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The versions that the addon is tested with; the first is the one that set-up installs. */
export const libtorchVersions = /** @type {const} */ (['2.15.0', '2.14.1'])

/** @param {string} version with or without the local part */
export const isSupported = (version) => libtorchVersions.some((supported) => supported === version.split('+')[0])

/**
 * libtorch's version: from the wheel's version.py, else from the headers (then without the local part).
 * @param {string} folder
 * @returns {string | null}
 */
export function readVersion(folder) {
  /**
   * @param {string} file
   * @param {RegExp} pattern
   */
  const read = (file, pattern) => {
    try {
      return pattern.exec(readFileSync(join(folder, file), 'utf8'))?.[1]
    } catch {
      return undefined
    }
  }
  return (
    read('version.py', /^__version__ = ['"]([^'"]+)/m) ??
    read('include/torch/headeronly/version.h', /#define TORCH_VERSION\s*\\?\s*"([^"]+)"/) ??
    null
  )
}

const findTorch = 'import importlib.util; print(importlib.util.find_spec("torch").submodule_search_locations[0])'

/**
 * The PyTorch of the active Python, found without importing it, if it is a supported version; otherwise null.
 * @returns {{ folder: string, version: string } | null}
 */
export function pythonTorch() {
  const { status, stdout } = spawnSync('python3', ['-c', findTorch], { encoding: 'utf8', timeout: 30_000 })
  const folder = status === 0 ? stdout.trim() : ''
  const version = folder && readVersion(folder)
  return version && isSupported(version) ? { folder, version } : null
}
