import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { type Hooks, warning } from '../events.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'
import type { TokenGroup } from './sequence.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Counts texts that a model can hardly judge, each response with its prompt. Either the tokenizer does not know more
 * than half of the tokens, or the text has more tokens than config.json's `max_position_embeddings`, whose positions
 * the model never saw. They still get rewards.
 */
export interface StrangeTexts {
  add(tokens: TokenGroup): void
  /** Warns of each kind that there is, once. `name` is where the texts came from. */
  report(name: string, hooks: Hooks): void
}

export function createStrangeTexts({ unk, files }: Pick<Tokenizer, 'unk' | 'files'>): StrangeTexts {
  const most = files.maxPositions ?? Infinity
  const counts = { texts: 0, unknown: 0, beyond: 0 }
  const reported = { unknown: false, beyond: false }
  const unknownIn = (ids: Int32Array) => (unk ? ids.reduce((sum, id) => sum + (id === unk.id ? 1 : 0), 0) : 0)
  return {
    add({ prefix, branches, branchOf }) {
      const inPrefix = unknownIn(prefix)
      const strange = branches.map((branch) => {
        const length = prefix.length + branch.length
        return { isUnknown: 2 * (inPrefix + unknownIn(branch)) > length, isBeyond: length > most }
      })
      for (const branch of branchOf) {
        counts.texts += 1
        const { isUnknown, isBeyond } = at(strange, branch)
        if (isUnknown) counts.unknown += 1
        if (isBeyond) counts.beyond += 1
      }
    },
    report(name, hooks) {
      const of = (count: number) => `${name}: ${count.toLocaleString('en-US')} of ${counted(counts.texts, 'text')}`
      const warn = (kind: keyof typeof reported, verbs: readonly [string, string], message: string | Phrase) => {
        if (counts[kind] === 0 || reported[kind]) return
        reported[kind] = true
        hooks.onEvent(warning(phrase`${of(counts[kind])} ${verbs[counts[kind] === 1 ? 0 : 1]} ${message}`))
      }
      warn(
        'unknown',
        ['consists', 'consist'],
        `mostly of tokens that the tokenizer does not know (${unk?.text ?? ''}); is this model meant for these texts?`,
      )
      warn(
        'beyond',
        ['is', 'are'],
        phrase`longer than the ${most.toLocaleString('en-US')} positions of the model (max_position_embeddings); ${settings({ maxLength: most })} cuts them`,
      )
    },
  }
}
