import { join } from 'node:path'
import { buildAddon } from './addon.ts'
import { findCompiler } from './compiler.ts'
import { SetupError } from './errors.ts'
import { cacheFolder } from './folders.ts'
import { explicitLibtorch } from './libtorch.ts'
import { findPlatform, preflight, readFacts } from './platform.mjs'
import { type NativeLocation, readRecord, writeRecord } from './record.ts'

/**
 * Finds or installs libtorch and compiles the addon, unless that has been done. Safe to call again and from several
 * processes.
 * @param options.log receives one short line for each thing done; none where there is nothing to do
 * @throws SetupError with one line that says the remedy
 */
export async function setup(options: { log: (line: string) => void }): Promise<NativeLocation> {
  const cache = cacheFolder()
  const { location: done } = readRecord(cache)
  if (done) return done
  const refusal = preflight(readFacts(cache), false)
  const platform = findPlatform()
  if (refusal || !platform) throw new SetupError(refusal ?? 'this platform is not supported')
  const compiler = await findCompiler()
  const libtorch = explicitLibtorch(platform.libraries)
  if (!libtorch) throw new SetupError('installation of libtorch is being written: name a folder in REWARDKIT_LIBTORCH')
  options.log(`libtorch ${libtorch.version} in ${libtorch.folder}`)
  const addonFile = await buildAddon(cache, platform, libtorch, compiler, options.log)
  const libraries = platform.libraries.map((name) => join(libtorch.folder, 'lib', name))
  const location = { libtorchFolder: libtorch.folder, libraries, addonFile, torchVersion: libtorch.version }
  writeRecord(cache, location)
  return location
}
