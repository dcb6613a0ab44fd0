import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readSources } from './addon.ts'
import { SetupError } from './errors.ts'
import { cacheFolder, makeFolder } from './folders.mjs'
import { explicitFolder } from './libtorch.ts'
import { libtorchVersions } from './versions.mjs'

/** What set-up has decided for these native sources: all that the loader needs. */
export interface NativeLocation {
  /** Holds lib/ and include/. */
  libtorchFolder: string
  /** Absolute paths of libtorch's libraries in the order in which they must be loaded. */
  libraries: string[]
  addonFile: string
  /** With the local part, such as `2.15.0+cpu`. */
  torchVersion: string
}

interface SetupRecord extends NativeLocation {
  schema_version: 1
  /** Size in bytes and time of change of each file, so that an exchanged one is noticed without reading it. */
  stamps: Record<string, string>
}

/**
 * Clones of different versions share a cache folder without disturbing each other. Each finds its record under a hash
 * of its own native sources, the versions of libtorch it supports, what runs it, and the requested libtorch. So a
 * libtorch that REWARDKIT_LIBTORCH named once is not used when it is no longer named.
 */
function recordFile(cache: string): string {
  const inputs = JSON.stringify([
    readSources(),
    libtorchVersions,
    process.platform,
    process.arch,
    process.versions.modules,
    explicitFolder(),
  ])
  const key = createHash('sha256').update(inputs).digest('hex').slice(0, 16)
  return join(cache, `setup-${key}.json`)
}

/**
 * Where libtorch and the addon are, as set-up wrote it down. Runs nothing and reads no large file.
 * @throws SetupError where set-up has not been done, or is stale, with the remedy
 */
export function locateNative(): NativeLocation {
  const cache = cacheFolder()
  const { location, problem } = readRecord(cache)
  if (location) return location
  throw new SetupError(`${problem}: run \`npx rewardkit setup\``)
}

/** The recorded location where it still holds, else what is wrong with it. */
export function readRecord(
  cache: string,
): { location: NativeLocation; problem?: never } | { location?: never; problem: string } {
  const record = readJson(recordFile(cache))
  if (!isRecord(record))
    return { problem: `libtorch is not set up for these sources and Node ${process.versions.node} in ${cache}` }
  const changed = Object.entries(record.stamps).find(([file, stamp]) => stampOf(file) !== stamp)
  if (changed) return { problem: `${changed[0]} is missing or has changed since set-up` }
  const { libtorchFolder, libraries, addonFile, torchVersion } = record
  return { location: { libtorchFolder, libraries, addonFile, torchVersion } }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is SetupRecord {
  return typeof value === 'object' && value !== null && 'schema_version' in value && value.schema_version === 1
}

export function writeRecord(cache: string, location: NativeLocation): void {
  const stamps = Object.fromEntries(
    [...location.libraries, location.addonFile].map((file) => [file, stampOf(file) ?? 'missing']),
  )
  const record: SetupRecord = { schema_version: 1, ...location, stamps }
  const file = recordFile(cache)
  const temporary = `${file}.${randomUUID()}`
  makeFolder(dirname(file))
  writeFileSync(temporary, `${JSON.stringify(record, null, 2)}\n`, { flush: true })
  renameSync(temporary, file)
}

function stampOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.size} ${Math.round(found.mtimeMs)}` : null
}
