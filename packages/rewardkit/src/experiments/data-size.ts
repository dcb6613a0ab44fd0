import { existsSync } from 'node:fs'
import { dataOptionsSchema, evaluationSplits, openData, surveyPreferences, trainingSplits } from '../data/index.ts'
import { isMixtureFile } from '../data/mixture.ts'
import { Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { fetchSplitSize, isHubName } from '../hub/index.ts'
import { type Cell, filledIn } from './cells.ts'
import type { Experiment, TrainingSet } from './experiment-types.ts'

/** How much one set of rows is. */
export interface RowsSize {
  readonly rows: number
  /** By its characters, prompts counted once. */
  readonly tokensPerRow: number
}

/** The sizes of a cell's data; null where nothing says them. */
export interface DataSize {
  readonly train: RowsSize | null
  readonly validation: RowsSize | null
  readonly test: RowsSize | null
}

const charactersPerToken = 4
/** Of a pair whose rows were counted, but never seen. */
const unknownTokens = 500

/** The sizes of a cell's data, from local files, from cards on the hub, or as the author of the file counted them. */
export async function sizesOf(
  experiment: Experiment,
  cell: Cell,
  miss: (name: string, reason: string) => void,
  hooks: Hooks,
): Promise<DataSize> {
  const { data: entry, arm } = cell
  const options = { ...experiment.options, ...entry.options }
  const given = (part: 'train' | 'validation' | 'test'): RowsSize | null => {
    const rows = entry.rows[part]
    return rows === undefined ? null : { rows, tokensPerRow: unknownTokens }
  }
  const measure = async (name: string, part: 'train' | 'validation' | 'test') => {
    const path = filledIn(name, cell, experiment)
    try {
      const size = await sizeOf(path, part === 'train' ? ['train'] : ['test', 'validation'], options, hooks)
      if (size) return size
      miss(
        `data ${name}`,
        `its card does not say how many rows it has${entry.rows[part] === undefined ? '' : '; those of the file are taken'}`,
      )
    } catch (error) {
      if (error instanceof Interrupted) throw error
      miss(`data ${name}`, error instanceof Error ? error.message : String(error))
    }
    return given(part)
  }
  const whole = await measure(arm.data ?? entry.data, 'train')
  const portion = (share: number): RowsSize | null => whole && { ...whole, rows: Math.round(whole.rows * share) }
  const { test = 0, validation = 0 } = entry.split ?? {}
  const tests: (RowsSize | null)[] = []
  for (const name of Object.values(entry.tests)) tests.push(await measure(name, 'test'))
  return {
    train: portion(1 - test - validation),
    validation:
      entry.validation === undefined
        ? validation > 0
          ? portion(validation)
          : null
        : await measure(entry.validation, 'validation'),
    test: test > 0 ? portion(test) : together(tests),
  }
}

function together(sizes: readonly (RowsSize | null)[]): RowsSize | null {
  const known = sizes.flatMap((size) => size ?? [])
  const rows = known.reduce((sum, size) => sum + size.rows, 0)
  if (known.length < sizes.length || rows === 0) return null
  return { rows, tokensPerRow: known.reduce((sum, size) => sum + size.rows * size.tokensPerRow, 0) / rows }
}

async function sizeOf(
  name: string,
  splits: readonly string[],
  options: TrainingSet,
  hooks: Hooks,
): Promise<RowsSize | null> {
  if (!existsSync(name) && !isMixtureFile(name) && isHubName(name)) {
    const size = await fetchSplitSize(name, splits, hooks)
    return size && { rows: size.rows, tokensPerRow: size.bytes / size.rows / charactersPerToken }
  }
  const rowOptions = Object.fromEntries(Object.entries(options).filter(([key]) => key in dataOptionsSchema.shape))
  const order = splits[0] === 'train' ? trainingSplits : evaluationSplits
  const opened = await openData(name, dataOptionsSchema.parse(rowOptions), order, hooks)
  let characters = 0
  let pairs = 0
  await surveyPreferences(opened, undefined, ({ prompt, responses, preferences }) => {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    pairs += preferences.length
    for (const message of [...prompt, ...responses.flat()]) characters += String(message.content).length
  })
  return { rows: pairs, tokensPerRow: characters / pairs / charactersPerToken }
}
