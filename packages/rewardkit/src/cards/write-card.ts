import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Hooks, logLine } from '../events.ts'
import { writeFileAtomic } from '../files.ts'
import { sha256Text } from '../hashes.ts'
import { cardFile } from '../models/model-hash.ts'
import type { CardFacts } from './card-facts.ts'
import { modelCard } from './card.ts'

const signature = /\n<!-- written by RewardKit, ([0-9a-f]{64}): a changed file is not overwritten -->\n$/

/**
 * Writes the card of a saved model. A README.md of the user's own stays: one that RewardKit has not written, or that was
 * changed since. The last line of ours has the hash of the rest.
 * @throws as `writeFileAtomic`
 */
export function writeModelCard(folder: string, facts: CardFacts, hooks: Hooks): void {
  const path = join(folder, cardFile)
  if (ownCard(folder) !== null) {
    hooks.onEvent(logLine(`${path} is yours: it stays unchanged, without the results of this run`))
    return
  }
  writeFileAtomic(path, signed(modelCard(facts)))
}

/** The README.md in a model folder that is the user's own; null where there is none, or one that RewardKit wrote. */
export function ownCard(folder: string): string | null {
  const path = join(folder, cardFile)
  if (!existsSync(path)) return null
  const text = readFileSync(path, 'utf8')
  const hash = signature.exec(text)?.[1]
  return hash === sha256Text(text.replace(signature, '')) ? null : text
}

const signed = (text: string): string =>
  `${text}\n<!-- written by RewardKit, ${sha256Text(text)}: a changed file is not overwritten -->\n`
