import { at } from '../at.ts'
import { contentOf } from '../data/build.ts'
import type { Group } from '../data/group.ts'
import { createSample } from './sample.ts'

/** Languages of prompts: as a column of the rows says, or an estimate from a sample. */
export interface Languages {
  readonly source: 'column' | 'detected'
  /** The library whose estimate it is; null where a column says it. */
  readonly detector: string | null
  /** Rows with such a column, or prompts that were looked at. */
  readonly of: number
  /** Counts by code, most frequent first; `unknown` where the library gave none. */
  readonly counts: Readonly<Record<string, number>>
}

/** Prompts that are looked at where no column says each language, and characters of each. */
const sampleSize = 2000
const sampleLength = 1000

/**
 * Gathers languages from a column `lang` or `language` in the meta, and a sample of different prompts. The column
 * counts only if every row has it: rows that have it may differ from those that do not.
 */
export function createLanguages(seed: number) {
  const column = new Map<string, number>()
  let withoutColumn = 0
  const sample = createSample<string>(sampleSize, seed, 'languages')
  return {
    add({ meta, prompt, responses }: Group, isNewPrompt: boolean): void {
      const said = meta?.['lang'] ?? meta?.['language']
      if (typeof said === 'string' && said !== '') column.set(said, (column.get(said) ?? 0) + 1)
      else withoutColumn += 1
      const messages = prompt.length > 0 ? prompt : at(responses, 0)
      if (isNewPrompt) sample.offer(() => messages.map(contentOf).join('\n').slice(0, sampleLength))
    },
    async result(): Promise<Languages> {
      if (withoutColumn === 0) return { source: 'column', detector: null, ...sorted(column) }
      const { eld } = await import('eld/small')
      const detected = new Map<string, number>()
      for (const text of sample.items()) {
        const code = eld.detect(text).language || 'unknown'
        detected.set(code, (detected.get(code) ?? 0) + 1)
      }
      return { source: 'detected', detector: 'eld (small)', ...sorted(detected) }
    },
  }
}

function sorted(counts: ReadonlyMap<string, number>): Pick<Languages, 'of' | 'counts'> {
  const entries = [...counts].toSorted(([, a], [, b]) => b - a)
  return { of: entries.reduce((sum, [, count]) => sum + count, 0), counts: Object.fromEntries(entries) }
}
