import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { dataOptionsSchema, type SplitOptions, splitOptionsSchema } from '../data/index.ts'
import { isMixtureFile, readMixture } from '../data/mixture.ts'
import { defaultDataOptions } from '../data/data-options.ts'
import { writeFileAtomic } from '../files.ts'
import { makeFolder } from '../folders.ts'
import { sha256File, sha256Folder, sha256Text } from '../hashes.ts'
import { type Cell, type CellSources, filledIn } from './cells.ts'
import { type DataEntry, type Experiment, folderName, type TrainingSet } from './experiment-types.ts'

/** What preparing the files of cells needs. */
export interface SourceTools {
  /** The folder of the experiment. */
  readonly out: string
  readonly contentOf: ContentOf
  /** Sets rows of one source apart, as `data split` does. */
  readonly split: (options: SplitOptions) => Promise<unknown>
}

/** Whether an option of training says how rows become pairs. */
const isRowOption = (name: string): boolean => name in dataOptionsSchema.shape

const rowOptionsOf = (options: TrainingSet): TrainingSet =>
  Object.fromEntries(Object.entries(options).filter(([name]) => isRowOption(name)))

/**
 * The files of a cell. Where an entry has a split, rows are set apart in the experiment's folder, once for all cells and
 * machines: its folder bears a hash of what decides the rows. Several test sets become one mixture, whose parts they are.
 * @throws as `data split`
 */
export async function prepareSources(
  experiment: Experiment,
  cell: Cell,
  { out, contentOf, split }: SourceTools,
): Promise<CellSources> {
  const { data: entry } = cell
  const fill = (text: string) => filledIn(text, cell, experiment)
  const folder = entry.split === undefined ? undefined : await splitFolder(experiment, cell, { out, contentOf, split })
  const file = (name: string) => (folder === undefined ? undefined : join(folder, `${name}.jsonl`))
  const tests = Object.entries(entry.tests).map(([name, data]) => ({ name: folderName(name), data: fill(data) }))
  const [first] = tests
  return {
    data: cell.arm.data === undefined ? (file('train') ?? fill(entry.data)) : fill(cell.arm.data),
    evalData:
      entry.validation === undefined
        ? entry.split && entry.split.validation > 0
          ? file('validation')
          : undefined
        : fill(entry.validation),
    testData:
      first === undefined ? (file('test') ?? '') : tests.length === 1 ? first.data : mixtureOf(tests, entry, out),
  }
}

async function splitFolder(
  experiment: Experiment,
  cell: Cell,
  { out, contentOf, split }: SourceTools,
): Promise<string> {
  const { data: entry, model } = cell
  const options = splitOptionsSchema.parse({
    ...rowOptionsOf(experiment.options),
    ...rowOptionsOf(model.options),
    ...rowOptionsOf(entry.options),
    ...entry.split,
    data: filledIn(entry.data, cell, experiment),
    overwrite: true,
    out: '',
  })
  const { data, ...others } = options
  const key = sha256Text(JSON.stringify([await contentOf(data), others])).slice(0, 8)
  const folder = join(out, 'data', `${folderName(entry.name)}-${key}`)
  // Its files are there whole before their provenance is.
  if (!existsSync(join(folder, 'provenance.json'))) {
    makeFolder(folder)
    await split({ ...options, out: folder })
  }
  return folder
}

/** The file of a mixture with each test set as a part, so that one evaluation has them all. */
function mixtureOf(tests: readonly { name: string; data: string }[], entry: DataEntry, out: string): string {
  const text = stringify({ parts: tests })
  const folder = join(out, 'data')
  const path = join(folder, `${folderName(entry.name)}-tests-${sha256Text(text).slice(0, 8)}.yaml`)
  makeFolder(folder)
  if (!existsSync(path)) writeFileAtomic(path, text)
  return path
}

/**
 * Tells what decides the content of a source or a model, wherever it lies: a hash of local files, or the name of what is
 * elsewhere.
 */
export type ContentOf = (name: string) => Promise<string>

/** Reads each file once. */
export function createContents(): ContentOf {
  const known = new Map<string, Promise<string>>()
  return (name) => {
    const content = known.get(name) ?? readContent(name)
    known.set(name, content)
    return content
  }
}

async function readContent(name: string): Promise<string> {
  const status = statSync(name, { throwIfNoEntry: false })
  if (!status) return name
  if (status.isDirectory()) return `sha256:${await sha256Folder(name)}`
  return `sha256:${isMixtureFile(name) ? await mixtureHash(name) : await sha256File(name)}`
}

async function mixtureHash(path: string): Promise<string> {
  const { parts, ...rest } = readMixture(path, defaultDataOptions)
  const contents: unknown[] = [rest]
  for (const { data, ...part } of parts) contents.push([part, isMixtureFile(data) ? data : await readContent(data)])
  return sha256Text(JSON.stringify(contents))
}
