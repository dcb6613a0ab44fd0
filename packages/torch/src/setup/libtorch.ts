import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupError } from './errors.ts'

/** A libtorch that is there. */
export interface Libtorch {
  /** Holds lib/ and include/. */
  folder: string
  /** With the local part where it is known, such as `2.15.0+cpu`. */
  version: string
  origin: 'REWARDKIT_LIBTORCH' | 'Python' | 'private'
}

/** The versions that the addon is tested with; the first is the one that set-up installs. */
export const libtorchVersions = ['2.15.0'] as const

export const isSupported = (version: string): boolean =>
  libtorchVersions.some((supported) => supported === version.split('+')[0])

/**
 * The folder with lib/ and include/ that REWARDKIT_LIBTORCH names, itself or by a `torch` folder in it; null where the
 * variable is not set. What it names is not checked.
 */
export function explicitFolder(environment: NodeJS.ProcessEnv = process.env): string | null {
  const named = environment['REWARDKIT_LIBTORCH']
  if (!named) return null
  const inside = join(resolve(named), 'torch')
  return existsSync(join(inside, 'lib')) ? inside : resolve(named)
}

/**
 * The libtorch that REWARDKIT_LIBTORCH names, or null where the variable is not set.
 * @throws SetupError where the folder holds no libtorch, or not a supported one
 */
export function explicitLibtorch(libraries: readonly string[]): Libtorch | null {
  const folder = explicitFolder()
  if (!folder) return null
  const missing = [...libraries.map((name) => join('lib', name)), 'include'].find(
    (name) => !existsSync(join(folder, name)),
  )
  if (missing)
    throw new SetupError(
      `REWARDKIT_LIBTORCH names ${folder}, which has no ${missing}: name a folder with libtorch's lib and include, or unset it`,
    )
  const version = readVersion(folder)
  if (!version || !isSupported(version))
    throw new SetupError(
      `REWARDKIT_LIBTORCH names libtorch ${version ?? 'of unknown version'} in ${folder}: use ${libtorchVersions.join(' or ')}, or unset it`,
    )
  return { folder, version, origin: 'REWARDKIT_LIBTORCH' }
}

/** libtorch's version: from the wheel's version.py, else from the headers (then without the local part). */
export function readVersion(folder: string): string | null {
  const read = (file: string, pattern: RegExp): string | undefined => {
    try {
      return pattern.exec(readFileSync(join(folder, file), 'utf8'))?.[1]
    } catch {
      return undefined
    }
  }
  return (
    read('version.py', /^__version__ = ['"]([^'"]+)/m) ??
    read('include/torch/headeronly/version.h', /#define TORCH_VERSION "([^"]+)"/) ??
    null
  )
}
