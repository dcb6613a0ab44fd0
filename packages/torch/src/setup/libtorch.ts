import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SetupError } from './errors.ts'
import { run } from './run.ts'
import { isSupported, libtorchVersions, pythonTorch, readVersion } from './versions.mjs'

/** A libtorch that is there. */
export interface Libtorch {
  /** Holds lib/ and include/. */
  folder: string
  /** With the local part where it is known, such as `2.15.0+cpu`. */
  version: string
  origin: 'REWARDKIT_LIBTORCH' | 'Python' | 'private'
}

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
export async function explicitLibtorch(libraries: readonly string[]): Promise<Libtorch | null> {
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
  const problem = await proveLibraries(folder, libraries)
  if (problem)
    throw new SetupError(
      `REWARDKIT_LIBTORCH names ${folder}, whose libraries do not load (${problem}): name a complete libtorch, or unset it`,
    )
  return { folder, version, origin: 'REWARDKIT_LIBTORCH' }
}

/**
 * The PyTorch of the active Python, found without importing it, if it is a supported version with its headers, and
 * loads; otherwise null.
 * @param log receives the reason why a PyTorch of a supported version is not used
 */
export async function pythonLibtorch(
  libraries: readonly string[],
  log: (line: string) => void,
): Promise<Libtorch | null> {
  const found = pythonTorch()
  if (!found) return null
  const { folder, version } = found
  const problem = existsSync(join(folder, 'include'))
    ? await proveLibraries(folder, libraries)
    : 'its headers are missing'
  if (problem === null) return { folder, version, origin: 'Python' }
  log(`the active Python's PyTorch ${version} in ${folder} cannot be used (${problem}), a private libtorch is`)
  return null
}

/**
 * Loads the libraries, and then the addon if one is given, in a process of their own.
 * @returns null where they load, else the loader's words
 */
export async function proveLibraries(
  folder: string,
  libraries: readonly string[],
  addonFile?: string,
): Promise<string | null> {
  const files = libraries.map((name) => join(folder, 'lib', name))
  const { code, stderr } = await run(process.execPath, ['-e', loadAll, ...files, ...(addonFile ? [addonFile] : [])])
  return code === 0 ? null : (stderr.trim().split('\n')[0] ?? 'no message')
}

// A plain library is reported as "did not self-register", and stays loaded.
const loadAll = `
const { RTLD_NOW, RTLD_GLOBAL } = require('node:os').constants.dlopen
for (const file of process.argv.slice(1)) {
  try {
    process.dlopen({ exports: {} }, file, RTLD_NOW | RTLD_GLOBAL)
  } catch (error) {
    if (file.endsWith('.node') || !error.message.includes('did not self-register')) {
      console.error(error.message)
      process.exit(1)
    }
  }
}
`
