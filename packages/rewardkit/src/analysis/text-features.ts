import { at } from '../at.ts'
import { charactersOf, contentOf, conversationKey } from '../data/build.ts'
import type { Group, Message, Preference } from '../data/group.ts'
import { createNumbering } from '../data/numbering.ts'
import type { RewardRow } from '../statistics/types.ts'
import { findMarks, marksOf } from './format-marks.ts'

/** What a row of `rewards.jsonl` says about the texts of its pair. */
export type TextFeatures = Required<
  Pick<RewardRow, 'turns' | 'chosen_characters' | 'rejected_characters' | 'chosen_marks' | 'rejected_marks'>
> &
  Pick<RewardRow, 'duplicate_of' | 'contradicts'>

/** Reads the texts of pairs, one group after the other. */
export interface TextReader {
  /** A function from a preference of the group, and the id of its pair, to what its texts are like. */
  read(group: Pick<Group, 'prompt' | 'responses'>): (preference: Preference, id: string) => TextFeatures
}

/**
 * A reader for all pairs of one evaluation: it knows which pairs came before. A pair is a duplicate of the first one
 * with equal prompt and responses and the same label, and contradicts the first one with the other label.
 */
export function createTextReader(): TextReader {
  const pairs = createNumbering()
  /** The first id of each pair of responses, by label: at 2 n where the first of the sorted texts was chosen. */
  const firstIds: string[] = []
  return {
    read({ prompt, responses }) {
      const turns = turnsOf(prompt)
      const promptKey = conversationKey(prompt)
      const read = responses.map((response) => ({
        key: conversationKey(response),
        characters: charactersOf(response),
        marks: marksOf(findMarks(response.map(contentOf).join('\n'))),
      }))
      return (preference, id) => {
        const [chosen, rejected] = [at(read, preference.chosen), at(read, preference.rejected)]
        const texts = [chosen.key, rejected.key].toSorted()
        const place = 2 * pairs.numberOf(JSON.stringify([promptKey, ...texts]))
        const [alike, otherwise] = texts[0] === chosen.key ? [place, place + 1] : [place + 1, place]
        const [duplicateOf, contradicts] = [firstIds[alike], firstIds[otherwise]]
        firstIds[alike] ??= id
        return {
          turns,
          chosen_characters: chosen.characters,
          rejected_characters: rejected.characters,
          chosen_marks: chosen.marks,
          rejected_marks: rejected.marks,
          ...(duplicateOf !== undefined && { duplicate_of: duplicateOf }),
          ...(contradicts !== undefined && { contradicts }),
        }
      }
    },
  }
}

/** User turns. A system message is none, and neither are earlier answers. */
const turnsOf = (prompt: readonly Message[]): number => prompt.filter(({ role }) => role === 'user').length
