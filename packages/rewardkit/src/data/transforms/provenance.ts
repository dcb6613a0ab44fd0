import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { writeFileAtomic } from '../../files.ts'
import { sha256File } from '../../hashes.ts'
import { snakeCase } from '../../option-schemas.ts'
import { version } from '../../version.ts'
import type { DataSet } from '../data-set.ts'
import { type DataOptions, dataOptionsSchema, defaultDataOptions } from '../data-options.ts'
import type { OutputCounts } from './output.ts'
import type { skippedRecord } from '../skipped-rows.ts'
import type { ReadCounts } from './reading.ts'

/** Where data came from and what was done to them. No times and no names of machines: equal steps have equal records. */
export interface Provenance {
  readonly schema_version: 1
  readonly rewardkit: string
  /** The verb, such as `data split`. */
  readonly step: string
  readonly options: Readonly<Record<string, unknown>>
  readonly sources: readonly SourceRecord[]
  /** Of a mixture: the seed by which rows were drawn, and how many were asked for. */
  readonly mixture?: { readonly seed: number; readonly total?: number | undefined }
  readonly read: Omit<ReadCounts, 'skipped'> & { readonly skipped: ReturnType<typeof skippedRecord> }
  /** What the step itself left out, by reason. */
  readonly removed: Readonly<Record<string, number>>
  readonly outputs: readonly OutputCounts[]
}

/** One source of data. */
export interface SourceRecord {
  readonly name: string
  /** In a mixture: the name of the part, its share, and its options that are not the defaults. */
  readonly part?: Readonly<Record<string, unknown>>
  /** Repository, revision and licence of what came from the hub. */
  readonly origin?: Readonly<Record<string, unknown>>
  readonly files: readonly {
    readonly name: string
    readonly bytes: number
    readonly sha256: string
    /** The record of the step that made the file, if there is one next to it. */
    readonly made_by?: unknown
  }[]
}

/** What the record of a file is called. */
export const provenanceOf = (file: string): string => `${file}.provenance.json`

/** What the record of a step is called that writes several files into a folder. */
export const folderProvenance = (folder: string): string => join(folder, 'provenance.json')

/** Hashes the sources of a step and writes its record; the outputs must be complete. */
export async function writeProvenance(
  path: string,
  data: readonly DataSet[],
  record: Omit<Provenance, 'schema_version' | 'rewardkit' | 'sources'>,
): Promise<void> {
  const sources = await sourceRecords(data)
  const options = Object.fromEntries(Object.entries(record.options).map(([name, value]) => [snakeCase(name), value]))
  const [mixture] = data.flatMap((set) => set.mixture ?? [])
  const provenance: Provenance = {
    schema_version: 1,
    rewardkit: version,
    sources,
    ...(mixture && { mixture }),
    ...record,
    options,
  }
  writeFileAtomic(path, `${JSON.stringify(provenance, null, 2)}\n`)
}

/** Where data lie, what they are to the byte, and what made them. Reads all files. */
export async function sourceRecords(data: readonly DataSet[]): Promise<SourceRecord[]> {
  const sources: SourceRecord[] = []
  for (const { mixtureFile: name } of data) {
    if (name === undefined) continue
    const files = [{ name, bytes: statSync(name).size, sha256: await sha256File(name) }]
    sources.push({ name, files })
  }
  const parts = data.flatMap((set) => set.parts.map((part) => ({ ...part, path: set.path })))
  for (const { source, name: part, share, options, path } of parts) {
    const files = []
    for (const { path: file, name } of source.files) {
      const sha256 = await sha256File(file)
      const madeBy = recordBeside(file, sha256)
      files.push({
        name: path ?? name,
        bytes: statSync(file).size,
        sha256,
        ...(madeBy === undefined ? {} : { made_by: madeBy }),
      })
    }
    sources.push({
      name: path ?? source.name,
      ...(part !== undefined && { part: { name: part, ...share, options: changedOptions(options) } }),
      ...(source.origin && { origin: source.origin }),
      files,
    })
  }
  return sources
}

/** The options that are not the defaults, as files name them. */
function changedOptions(options: DataOptions): Readonly<Record<string, unknown>> {
  const defaults = new Map<string, unknown>(Object.entries(defaultDataOptions))
  return Object.fromEntries(
    Object.entries(options)
      .filter(([name, value]) => name in dataOptionsSchema.shape && !isDeepStrictEqual(value, defaults.get(name)))
      .map(([name, value]) => [snakeCase(name), value]),
  )
}

/** The record beside a file, if it is about the file as it is now. */
function recordBeside(file: string, sha256: string): unknown {
  for (const path of [provenanceOf(file), folderProvenance(dirname(file))]) {
    const record = recordIn(path)
    if (record?.outputs.some((output) => output.sha256 === sha256)) return record
  }
  return undefined
}

const recordSchema = z.looseObject({ outputs: z.array(z.looseObject({ sha256: z.string() })) })

/** What a file holds, if it is a record of ours: others may lie there under its name. */
function recordIn(path: string): z.output<typeof recordSchema> | undefined {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}
