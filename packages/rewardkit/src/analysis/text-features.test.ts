import { expect, it } from 'vitest'
import { tableOf } from './reward-table.ts'
import { createTextReader } from './text-features.ts'
import type { RewardRow } from '../statistics/types.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })
const pair = { chosen: 0, rejected: 1 }

it('counts user turns and characters, and finds the marks of each response', () => {
  const prompt = [{ role: 'system', content: 'Be kind.' }, user('Hi'), assistant('Hello'), user('Fruits?')]
  const featuresOf = createTextReader().read({ prompt, responses: [[assistant('👍 é')], [assistant('- a\n- b')]] })
  expect(featuresOf(pair, 'x')).toEqual({
    turns: 2,
    chosen_characters: 3,
    rejected_characters: 7,
    chosen_marks: [],
    rejected_marks: ['list'],
  })
})

it('names the first pair with the same texts, labelled alike and with the other label', () => {
  const reader = createTextReader()
  const group = (question: string, ...responses: string[]) =>
    reader.read({ prompt: [user(question)], responses: responses.map((text) => [assistant(text)]) })
  const repeats = (features: object) =>
    Object.fromEntries(Object.entries(features).filter(([name]) => /duplicate|contradicts/.test(name)))
  expect(repeats(group('q', 'a', 'b')(pair, '1'))).toEqual({})
  expect(repeats(group('q', 'a', 'b')(pair, '2'))).toEqual({ duplicate_of: '1' })
  expect(repeats(group('q', 'b', 'a')(pair, '3'))).toEqual({ contradicts: '1' })
  expect(repeats(group('q', 'b', 'a')(pair, '4'))).toEqual({ duplicate_of: '3', contradicts: '1' })
  expect(repeats(group('other', 'a', 'b')(pair, '5'))).toEqual({})
  expect(repeats(group('q', 'a', 'b', 'c')({ chosen: 2, rejected: 0 }, '6'))).toEqual({})
})

const row = (id: string, more: Partial<RewardRow>): RewardRow => ({
  schema_version: 1,
  id,
  prompt_id: 'p',
  subset: null,
  chosen_reward: 1,
  rejected_reward: 0,
  reward_margin: 1,
  chosen_tokens: 3,
  rejected_tokens: 2,
  truncated: false,
  ...more,
})

it('goes into the columns of the table, where a text that was not at hand is unknown', () => {
  const known = { turns: 2, chosen_characters: 5, rejected_characters: 6, rejected_marks: ['code' as const] }
  const { texts } = tableOf([
    row('a', { ...known, chosen_marks: [] }),
    row('b', { ...known, chosen_marks: ['list', 'heading'], duplicate_of: 'a' }),
    row('c', {}),
    row('d', { ...known, chosen_marks: [], duplicate_of: 'gone', contradicts: 'b' }),
  ])
  expect(texts?.turns).toEqual(Float64Array.of(2, 2, NaN, 2))
  expect(texts?.chosenCharacters).toEqual(Float64Array.of(5, 5, NaN, 5))
  expect(texts?.rejectedCharacters).toEqual(Float64Array.of(6, 6, NaN, 6))
  expect(texts?.chosenMarks).toEqual(Uint8Array.of(0, 3, 255, 0))
  expect(texts?.rejectedMarks).toEqual(Uint8Array.of(4, 4, 255, 4))
  expect(texts?.duplicateOf).toEqual(Int32Array.of(-1, 0, -1, -1))
  expect(texts?.contradicts).toEqual(Int32Array.of(-1, -1, -1, 1))
  expect(tableOf([row('a', {})]).texts).toBeUndefined()
})
