import { expect, test } from 'vitest'
import type { Event } from '../events.ts'
import { createCutTally, type CutReport, reportCuts } from './cuts.ts'

const cut = { prompt: false, system: false, responses: false, otherwise: false, ofResponse: [], wholeBranchOf: [0, 1] }

function reported(tally: ReturnType<typeof createCutTally>, report: Partial<CutReport> = {}): string[] {
  const messages: string[] = []
  const onEvent = (event: Event) => {
    if ('message' in event) messages.push(`${event.kind}: ${event.message}`)
  }
  reportCuts(tally, { name: 'pairs.jsonl', maxLength: 80, ...report }, { onEvent })
  return messages
}

test('groups are counted by what they lost, and reported in one line', () => {
  const tally = createCutTally()
  expect(reported(tally)).toEqual([])
  tally.add({ truncated: false })
  tally.add({ truncated: true, cut: { ...cut, prompt: true, system: true, otherwise: true } })
  tally.add({ truncated: true, cut: { ...cut, prompt: true } })
  tally.add({ truncated: true, cut: { ...cut, responses: true } })
  expect(tally.truncated).toBe(3)
  expect(tally.cut).toEqual({ prompt: 2, system: 1, responses: 1, unlike_rule_1: 1 })
  const line =
    'log: pairs.jsonl: 3 groups were cut to 80 tokens (prompt-left): 2 in the prompt, 1 in the system turn, 1 in the responses'
  for (const report of [{}, { trainedBy: 2 }] as const) expect(reported(tally, report)).toEqual([line])
  expect(reported(tally, { trainedBy: 1 })).toEqual([
    line,
    'warning: pairs.jsonl: 1 group was cut differently than when the model was trained: by truncation rule 2, which never empties a response, not by rule 1',
  ])
})

test('a line names only what was cut', () => {
  const tally = createCutTally()
  tally.add({ truncated: true, cut: { ...cut, system: true } })
  const line = 'log: pairs.jsonl: 1 group was cut to 80 tokens (prompt-left): 1 in the system turn'
  for (const trainedBy of [1, 2] as const) expect(reported(tally, { trainedBy })).toEqual([line])
  expect(reported(tally, { dropped: { identical_tokens: 5 } })).toEqual([line])
})

test('what is lost by the cut is warned of with the remedy', () => {
  const dropped = { too_long: 2, identical_tokens: 5, identical_after_truncation: 1 }
  expect(reported(createCutTally(), { dropped })).toEqual([
    expect.stringMatching(/^warning: .* in 2 pairs, 80 tokens leave no room for a response .*maxLength/),
    expect.stringMatching(/^warning: .* 1 pair became identical .*\(identical_after_truncation\): .*maxLength/),
  ])
  expect(reported(createCutTally(), { dropped: { too_long: 1 } })).toHaveLength(1)
  expect(reported(createCutTally(), { dropped: { too_long: 2 }, truncation: 'drop' })).toEqual([])
})
