import { join } from 'node:path'
import { buildAddon } from './addon.ts'
import { findCompiler } from './compiler.ts'
import { SetupError } from './errors.ts'
import { cacheFolder } from './folders.mjs'
import { installLibtorch, privateLibtorch } from './install.ts'
import { explicitLibtorch, pythonLibtorch } from './libtorch.ts'
import { withLock } from './lock.mjs'
import { findPlatform, type Platform, preflight, readFacts } from './platform.mjs'
import { type NativeLocation, readRecord, writeRecord } from './record.ts'

type Log = (line: string) => void

/**
 * Finds or installs libtorch and compiles the addon, unless that has been done. Safe to call again and from several
 * processes at once.
 * @param options.log receives one short line for each thing done; none where there is nothing to do
 * @throws SetupError with one line that says the remedy
 */
export async function setup(options: { log: Log }): Promise<NativeLocation> {
  const cache = cacheFolder()
  const done = readRecord(cache).location
  if (done) return done
  try {
    const refusal = preflight(readFacts(cache), false)
    const platform = findPlatform()
    if (refusal || !platform) throw new SetupError(refusal ?? 'this platform is not supported')
    return await withLock(join(cache, 'setup.lock'), options.log, () => setUp(cache, platform, options.log))
  } catch (error) {
    throw explainSystemError(error, cache)
  }
}

async function setUp(cache: string, platform: Platform, log: Log): Promise<NativeLocation> {
  const doneMeanwhile = readRecord(cache).location
  if (doneMeanwhile) return doneMeanwhile
  const compiler = await findCompiler()
  const libtorch = await findLibtorch(cache, platform, log)
  log(`using libtorch ${libtorch.version} (${libtorch.origin}) in ${libtorch.folder}`)
  const addonFile = await buildAddon(cache, platform, libtorch, compiler, log)
  const libraries = platform.libraries.map((name) => join(libtorch.folder, 'lib', name))
  const location = { libtorchFolder: libtorch.folder, libraries, addonFile, torchVersion: libtorch.version }
  writeRecord(cache, location)
  return location
}

async function findLibtorch(cache: string, platform: Platform, log: Log): ReturnType<typeof installLibtorch> {
  const found =
    (await explicitLibtorch(platform.libraries)) ??
    (await pythonLibtorch(platform.libraries, log)) ??
    (await privateLibtorch(cache, platform))
  if (found) return found
  const refusal = preflight(readFacts(cache))
  if (refusal) throw new SetupError(refusal)
  return installLibtorch(cache, platform, log)
}

/** Turns a full or unwritable disk into one line; other errors stay unchanged. */
function explainSystemError(error: unknown, cache: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SetupError(`the disk of ${cache} is full: free some space or name another folder in REWARDKIT_HOME`, {
      cause: error,
    })
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOTDIR' || code === 'ENOENT')
    return new SetupError(
      `${cache} cannot be written: correct its permissions or name another folder in REWARDKIT_HOME`,
      { cause: error },
    )
  return error
}
