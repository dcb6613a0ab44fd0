import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Where set-up keeps libtorch and the compiled addon: REWARDKIT_HOME, else `rewardkit` in XDG_CACHE_HOME, else
 * `~/.cache/rewardkit`. An empty variable counts as unset.
 */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment['REWARDKIT_HOME']) return resolve(environment['REWARDKIT_HOME'])
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rewardkit')
}

/** The addon's sources: beside both src and dist. */
export const nativeFolder = fileURLToPath(new URL('../../native', import.meta.url))

/** The addon's source files in a fixed order, as absolute paths. */
export function nativeSources(): string[] {
  return readdirSync(nativeFolder)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort()
    .map((name) => join(nativeFolder, name))
}
