import { InputError } from '../errors.ts'
import { createRandom, shuffled } from '../random.ts'
import type { Group } from './group.ts'

/** Two disjoint parts in the order of the input. */
export interface Split {
  readonly train: Group[]
  readonly evaluation: Group[]
}

/**
 * Sets prompts aside, drawn at random from the seed, until at least `fraction` of the groups are in `evaluation`. All
 * groups with the same prompt land on the same side, so that no evaluated prompt was trained on.
 *
 * @throws InputError unless 0 < fraction < 1 and both parts get at least one group.
 */
export function splitByPrompt(groups: readonly Group[], fraction: number, seed: number): Split {
  if (!(fraction > 0 && fraction < 1)) {
    throw new InputError(`evaluation fraction: found ${fraction}, expected a number between 0 and 1, such as 0.1`)
  }
  const sizes = new Map<string, number>()
  for (const { promptId } of groups) sizes.set(promptId, (sizes.get(promptId) ?? 0) + 1)
  const held = new Set<string>()
  let count = 0
  for (const [promptId, size] of shuffled([...sizes], createRandom(seed, 'split'))) {
    if (count >= fraction * groups.length) break
    held.add(promptId)
    count += size
  }
  if (count === 0 || count === groups.length) {
    throw new InputError(
      `evaluation fraction ${fraction} of ${groups.length} groups with ${sizes.size} prompts leaves one part empty; give more prompts or --eval-data`,
    )
  }
  return {
    train: groups.filter(({ promptId }) => !held.has(promptId)),
    evaluation: groups.filter(({ promptId }) => held.has(promptId)),
  }
}
