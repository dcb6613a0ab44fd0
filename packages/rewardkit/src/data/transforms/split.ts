import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { type Hooks, silentHooks } from '../../events.ts'
import { option, phrase, settings } from '../../phrase.ts'
import { openData } from '../open-data.ts'
import type { Group } from '../group.ts'
import { trainingSplits } from '../sources/open-source.ts'
import { userTurnsKey } from '../similarity/texts.ts'
import { createPromptSplit } from '../prompt-split.ts'
import type { SplitOptions } from './transform-options.ts'
import { checkOutputs, createGroupWriter, type GroupWriter } from './output.ts'
import { folderProvenance } from './provenance.ts'
import { countedGroups, noCounts } from './reading.ts'
import { finish, type TransformResult } from './transform.ts'

/**
 * Splits preference data into train, test and, if requested, validation files; reads the data twice. By prompt, the
 * user's questions are on one side only, whatever system turn precedes them.
 * @throws InputError where a side would get nothing
 */
export async function splitData(options: SplitOptions, hooks: Hooks = silentHooks): Promise<TransformResult> {
  const { test, validation, seed, out, type, to, stratify } = options
  const data = await openData(options.data, options, trainingSplits, hooks)
  const shares = [
    { name: 'test', share: test },
    { name: 'validation', share: validation },
  ].filter(({ share }) => share > 0)
  if (shares.length === 0)
    throw new InputError(phrase`${settings({ test: 0 })} leaves nothing to set aside`, {
      remedy: phrase`give ${option('test')} or ${option('validation')} a share of the rows`,
    })
  const names = ['train', ...shares.map(({ name }) => name)]
  const files = names.map((name) => join(out, `${name}.${type}`))
  checkOutputs(files, [data])
  const earlier = earlierSplit(out)
  if (earlier.length > 0 && !options.overwrite)
    throw new InputError(phrase`${option('out')} ${out}: it already holds a split (${earlier.join(', ')})`, {
      remedy: phrase`name another folder, or give ${settings({ overwrite: true })}`,
    })
  const unitOf = (group: Group, index: number) => (options.by === 'prompt' ? userTurnsKey(group) : String(index))
  const split = createPromptSplit()
  let index = 0
  for await (const group of countedGroups(data, noCounts(), hooks))
    split.add(unitOf(group, index++), stratify ? (group.subset ?? '') : '')
  if (index === 0) throw new InputError(`${options.data}: no row is usable`)
  const partOf = split.partition(
    shares.map(({ share }) => share),
    seed,
  )

  const writers: GroupWriter[] = []
  const read = noCounts()
  index = 0
  try {
    for (const file of files) writers.push(createGroupWriter(file, to))
    for await (const group of countedGroups(data, read, hooks))
      await at(writers, partOf(unitOf(group, index++)) + 1).write(group)
    const result = await finish(
      'data split',
      [data],
      options,
      { read, removed: {} },
      { writers, provenance: folderProvenance(out) },
    )
    // What is left of an earlier split does not belong to this one.
    for (const name of earlierSplit(out)) if (!files.includes(join(out, name))) rmSync(join(out, name))
    return result
  } finally {
    for (const writer of writers) writer.discard()
  }
}

/** The files of a split in a folder. */
function earlierSplit(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^(train|test|validation)\.(jsonl|jsonl\.gz|parquet)$/.test(entry.name))
    .map(({ name }) => name)
    .toSorted()
}
