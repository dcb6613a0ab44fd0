import { at } from '../at.ts'
import { counted } from '../counted.ts'
import { InputError } from '../errors.ts'
import { createRandom, shuffledIndexes } from '../random.ts'
import { createNumbering } from './numbering.ts'

/** Which of the parts a group goes to: 0 is the first that was set aside, -1 what remains. */
export type PartOf = (promptId: string) => number

/** Collects the prompts of all groups, then sets some of them aside. */
export interface PromptSplit {
  /** Counts one more group with this prompt; the first group of a prompt decides to which stratum it belongs. */
  add(promptId: string, stratum?: string): void
  /** Whether a group with this prompt was counted. */
  has(promptId: string): boolean
  /**
   * Sets prompts aside, drawn at random from the seed, until at least `fraction` of the groups are held out; tells
   * whether a prompt is. All groups with the same prompt land on the same side, so that no evaluated prompt was trained
   * on.
   *
   * @throws InputError unless 0 < fraction < 1 and both parts get at least one group.
   */
  split(fraction: number, seed: number): (promptId: string) => boolean
  /**
   * The same for several parts, each with its fraction, and with the same shares of every stratum as far as whole
   * prompts allow. If one stratum gets too much, the next gets less.
   *
   * @throws InputError unless the fractions are positive and sum to less than 1, and each part gets a group.
   */
  partition(fractions: readonly number[], seed: number): PartOf
}

export function createPromptSplit(): PromptSplit {
  const prompts = createNumbering()
  const strata = createNumbering()
  /** By prompt. */
  const sizes: number[] = []
  const stratumOf: number[] = []
  let groups = 0
  const partition = (fractions: readonly number[], seed: number): PartOf => {
    const whole = fractions.reduce((sum, fraction) => sum + fraction, 0)
    if (fractions.some((fraction) => !(fraction > 0)) || !(whole < 1)) {
      const expected =
        fractions.length === 1 ? 'a number between 0 and 1, such as 0.1' : 'numbers above 0 whose sum is below 1'
      throw new InputError(`evaluation fraction: found ${fractions.join(' and ')}, expected ${expected}`)
    }
    const members: number[][] = Array.from({ length: strata.size }, () => [])
    for (const prompt of shuffledIndexes(prompts.size, createRandom(seed, 'split')))
      at(members, at(stratumOf, prompt)).push(prompt)
    const partOf = new Int8Array(prompts.size).fill(-1)
    const counts = fractions.map(() => 0)
    let passed = 0
    for (const stratum of members) {
      passed += stratum.reduce((sum, prompt) => sum + at(sizes, prompt), 0)
      let part = 0
      for (const prompt of stratum) {
        while (part < fractions.length && at(counts, part) >= at(fractions, part) * passed) part += 1
        if (part === fractions.length) break
        partOf[prompt] = part
        counts[part] = at(counts, part) + at(sizes, prompt)
      }
    }
    const held = counts.reduce((sum, count) => sum + count, 0)
    if (counts.some((count) => count === 0) || held === groups) {
      throw new InputError(
        `evaluation fraction ${fractions.join(' and ')} of ${counted(groups, 'group')} with ${counted(prompts.size, 'prompt')} leaves one part empty`,
        { remedy: 'give more prompts, other fractions or a file of its own' },
      )
    }
    return (promptId) => partOf[prompts.numberOf(promptId)] ?? -1
  }
  return {
    add(promptId, stratum = '') {
      const prompt = prompts.numberOf(promptId)
      sizes[prompt] = (sizes[prompt] ?? 0) + 1
      stratumOf[prompt] ??= strata.numberOf(stratum)
      groups += 1
    },
    has: (promptId) => prompts.has(promptId),
    split(fraction, seed) {
      const partOf = partition([fraction], seed)
      return (promptId) => partOf(promptId) === 0
    },
    partition,
  }
}
