import { at } from '../at.ts'
import { InputError, Interrupted } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import type { DataOptions } from './data-options.ts'
import type { DataPart, DataSet } from './data-set.ts'
import { isMixtureFile, type Mixture, readMixture } from './mixture.ts'
import { limited, shares } from './mixture-shares.ts'
import { readGroups } from './read-groups.ts'
import { openSource } from './sources/open-source.ts'
import type { SplitOrder } from './sources/source.ts'

/**
 * Finds the data that a name means, and draws the rows of a mixture.
 * @param name a source, or the YAML file of a mixture
 * @param options `limit` is how many rows are wanted of a mixture, of each part by its share; `calledAs` is what messages
 * call a file of rows that a program gave
 * @param splits which split to take where the name says none
 * @throws InputError where there is none
 */
export async function openData(
  name: string,
  options: DataOptions & { readonly limit?: number | undefined; readonly calledAs?: string | undefined },
  splits: SplitOrder,
  hooks: Hooks,
): Promise<DataSet> {
  if (isMixtureFile(name)) {
    const mixture = await openMixture(name, readMixture(name, options), splits, hooks, options.limit)
    return { ...mixture, mixtureFile: name }
  }
  const source = await openSource(name, splits, hooks)
  const { calledAs } = options
  if (calledAs === undefined) return { name, parts: [{ source, options }] }
  const files = source.files.map((file) => ({ ...file, name: calledAs }))
  return { name: calledAs, path: name, parts: [{ source: { ...source, name: calledAs, files }, options }] }
}

/**
 * Opens the sources of a mixture, counts their rows where it must, and draws which are taken.
 * @throws InputError as `openData`, and where the shares cannot be had
 */
export async function openMixture(
  name: string,
  { parts, total, seed }: Mixture,
  splits: SplitOrder,
  hooks: Hooks,
  limit?: number,
): Promise<DataSet> {
  const open: DataPart[] = []
  for (const { data, options, name: partName, plainTexts } of parts) {
    if (isMixtureFile(data))
      throw new InputError(`${name}: ${data} is a mixture itself; expected data`, { remedy: 'list its parts here' })
    open.push({ source: await openSource(data, splits, hooks), options, name: partName, plainTexts })
  }
  const isDrawn =
    limit !== undefined ||
    total !== undefined ||
    parts.some(({ weight, cap }) => weight !== undefined || cap !== undefined)
  if (!isDrawn) return { name, parts: open, mixture: { seed, total } }
  const sizes: number[] = []
  for (const part of open) sizes.push(await countGroups(part, hooks))
  const taken = limited(shares(sizes, parts, total), limit)
  hooks.onEvent(
    logLine(
      `${name}: ${parts.map((part, index) => `${taken[index]} of ${sizes[index]} rows of ${part.name}`).join(', ')}`,
    ),
  )
  return {
    name,
    mixture: { seed, total },
    parts: open.map((part, index) => ({
      ...part,
      share: { weight: at(parts, index).weight, cap: at(parts, index).cap, rows: sizes[index], taken: taken[index] },
      takes: drawn(at(sizes, index), at(taken, index), createRandom(seed, `mixture ${index}`)),
    })),
  }
}

async function countGroups(part: DataPart, hooks: Hooks): Promise<number> {
  let count = 0
  for await (const { group } of readGroups({ name: part.source.name, parts: [part] })) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    if (group) count += 1
  }
  return count
}

/** `count` of `size` indexes, drawn without replacement. */
function drawn(size: number, count: number, random: ReturnType<typeof createRandom>): (index: number) => boolean {
  if (count === size) return () => true
  const isTaken = new Uint8Array(size)
  for (const index of shuffledIndexes(size, random).subarray(0, count)) isTaken[index] = 1
  return (index) => isTaken[index] === 1
}
