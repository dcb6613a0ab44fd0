import { type Hooks, silentHooks, warning } from '../../events.ts'
import { createNumbering } from '../numbering.ts'
import { createNearIndex } from '../similarity/near-index.ts'
import { comparedText, exactKey, normalisedKey } from '../similarity/texts.ts'
import type { Group } from '../group.ts'
import type { DedupeOptions } from './transform-options.ts'
import { type TransformResult, transform, type Verdict } from './transform.ts'

/**
 * Leaves out what was there before; the first one stays. Near duplicates of pairs are alike in prompt and responses
 * together, whichever was preferred.
 * @throws InputError for what is wrong with the data
 */
export async function dedupeData(options: DedupeOptions, hooks: Hooks = silentHooks): Promise<TransformResult> {
  const { match, threshold, of: scope } = options
  const known = createNumbering()
  const isKnown = (key: string) => {
    const { size } = known
    return known.numberOf(key) < size
  }
  const near = match === 'near' ? createNearIndex(threshold) : undefined
  const isRepeated = (group: Group): boolean => {
    if (!near) return isKnown(match === 'exact' ? exactKey(group, scope) : normalisedKey(group, scope))
    const text = comparedText(group, scope)
    if (near.nearest(text)) return true
    near.add(text)
    return false
  }
  const verdict = (group: Group): Verdict => (isRepeated(group) ? { removed: [`${match}_${scope}`] } : { keep: group })
  try {
    const result = await transform('data dedupe', options, hooks, { verdict })
    if (near && near.cut > 0)
      hooks.onEvent(
        warning(`${near.cut} rows share long passages with many others: each was compared with the 20 likeliest only`),
      )
    return result
  } finally {
    near?.close()
  }
}
