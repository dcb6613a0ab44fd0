import { InputError } from '../errors.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import { createNumbering } from './numbering.ts'

/** Collects the prompts of all groups, then sets some of them aside. */
export interface PromptSplit {
  /** Counts one more group with this prompt. */
  add(promptId: string): void
  /**
   * Sets prompts aside, drawn at random from the seed, until at least `fraction` of the groups are held out; tells
   * whether a prompt is. All groups with the same prompt land on the same side, so that no evaluated prompt was trained
   * on.
   *
   * @throws InputError unless 0 < fraction < 1 and both parts get at least one group.
   */
  split(fraction: number, seed: number): (promptId: string) => boolean
}

export function createPromptSplit(): PromptSplit {
  const prompts = createNumbering()
  const sizes: number[] = []
  let groups = 0
  return {
    add(promptId) {
      const prompt = prompts.numberOf(promptId)
      sizes[prompt] = (sizes[prompt] ?? 0) + 1
      groups += 1
    },
    split(fraction, seed) {
      if (!(fraction > 0 && fraction < 1)) {
        throw new InputError(`evaluation fraction: found ${fraction}, expected a number between 0 and 1, such as 0.1`)
      }
      const held = new Uint8Array(prompts.size)
      let count = 0
      for (const prompt of shuffledIndexes(prompts.size, createRandom(seed, 'split'))) {
        if (count >= fraction * groups) break
        held[prompt] = 1
        count += sizes[prompt] ?? 0
      }
      if (count === 0 || count === groups) {
        throw new InputError(
          `evaluation fraction ${fraction} of ${groups} groups with ${prompts.size} prompts leaves one part empty`,
          { remedy: 'give more prompts or --eval-data' },
        )
      }
      return (promptId) => held[prompts.numberOf(promptId)] === 1
    },
  }
}
