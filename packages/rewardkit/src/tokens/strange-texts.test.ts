import { expect, it } from 'vitest'
import { watching } from '../fixtures/watching.ts'
import { createStrangeTexts } from './strange-texts.ts'

const files = { maxPositions: 6 } as never
const unk = { id: 9, text: '<unk>' }
const group = (prefix: number[], branches: number[][], branchOf: number[]) => ({
  prefix: Int32Array.from(prefix),
  branches: branches.map((ids) => Int32Array.from(ids)),
  branchOf,
  truncated: false,
})
const toldBy = (strange: ReturnType<typeof createStrangeTexts>) => {
  const { events, hooks } = watching()
  strange.report('a.jsonl', hooks)
  strange.report('a.jsonl', hooks)
  return events
}

it('counts texts by their responses: mostly unknown is more than half, too long is more than the positions', () => {
  const strange = createStrangeTexts({ unk, files })
  // Half of four, three of four twice, seven tokens with none.
  strange.add(
    group(
      [9, 1],
      [
        [9, 1],
        [9, 9],
      ],
      [0, 1, 1],
    ),
  )
  strange.add(
    group(
      [1, 1, 1],
      [
        [1, 1, 1],
        [1, 1, 1, 1],
      ],
      [0, 1],
    ),
  )
  expect(toldBy(strange)).toMatchObject([
    {
      kind: 'warning',
      message:
        'a.jsonl: 2 of 5 texts consist mostly of tokens that the tokenizer does not know (<unk>); is this model meant for these texts?',
    },
    {
      kind: 'warning',
      message:
        'a.jsonl: 1 of 5 texts is longer than the 6 positions of the model (max_position_embeddings); maxLength: 6 cuts them',
    },
  ])
})

it('says nothing of texts like others, and of models that name neither', () => {
  const ordinary = createStrangeTexts({ unk, files })
  ordinary.add(group([1], [[1, 9]], [0]))
  expect(toldBy(ordinary)).toEqual([])
  const nameless = createStrangeTexts({ files: {} as never })
  nameless.add(group([], [Array.from({ length: 5000 }, () => 9)], [0]))
  expect(toldBy(nameless)).toEqual([])
})
