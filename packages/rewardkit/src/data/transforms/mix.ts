import { counted } from '../../counted.ts'
import { InputError } from '../../errors.ts'
import { type Hooks, silentHooks } from '../../events.ts'
import { option, phrase } from '../../phrase.ts'
import { openMixture } from '../open-data.ts'
import { isMixtureFile, type Mixture, partNames, readMixture } from '../mixture.ts'
import { trainingSplits } from '../sources/open-source.ts'
import type { MixOptions } from './transform-options.ts'
import { keepAll, type TransformResult, transformData } from './transform.ts'

/**
 * Writes several sources as one, each row with the name of its source as subset, with weights or caps where asked for.
 * @throws InputError for what is wrong with sources or shares
 */
export async function mixData(options: MixOptions, hooks: Hooks = silentHooks): Promise<TransformResult> {
  const [file = ''] = options.sources
  const opened = await openMixture(options.sources.join(' + '), mixtureOf(options), trainingSplits, hooks)
  const data = isMixtureFile(file) ? { ...opened, mixtureFile: file } : opened
  return transformData('data mix', data, options, hooks, keepAll)
}

function mixtureOf(options: MixOptions): Mixture {
  const { sources, weights, caps, total, seed } = options
  const [file = ''] = sources
  if (sources.length === 1 && isMixtureFile(file)) {
    if (weights || caps)
      throw new InputError(phrase`${option('weights')} and ${option('caps')}: the mixture file has its own; edit it`)
    const mixture = readMixture(file, options)
    return { ...mixture, total: total ?? mixture.total }
  }
  for (const [name, list] of Object.entries({ weights, caps }))
    if (list && list.length !== sources.length)
      throw new InputError(
        phrase`${option(name)}: found ${counted(list.length, 'number')} for ${sources.length} data sets, expected one for each`,
      )
  const names = partNames(sources)
  return {
    parts: sources.map((data, index) => ({
      data,
      name: names[index] ?? data,
      options,
      weight: weights?.[index],
      cap: caps?.[index],
    })),
    total,
    seed,
  }
}
