import { describe, expect, it } from 'vitest'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { safeRlhfLayout } from './safe-rlhf.ts'

const row = {
  prompt: 'How?',
  response_0: 'Thus.',
  response_1: 'No.',
  is_response_0_safe: false,
  is_response_1_safe: true,
  better_response_id: 0,
  safer_response_id: 1,
}
const read = (changes: object, options = {}) => readRows(safeRlhfLayout, [{ ...row, ...changes }], options)[0]

describe('safe-rlhf', () => {
  it('reads the more helpful or the safer response, as asked', () => {
    expect(read({})).toMatchObject({
      prompt: [{ role: 'user', content: 'How?' }],
      responses: [[{ role: 'assistant', content: 'Thus.' }], [{ role: 'assistant', content: 'No.' }]],
      preferences: [{ chosen: 0, rejected: 1 }],
      meta: { is_response_0_safe: false, better_response_id: 0, safer_response_id: 1 },
    })
    expect(read({}, { safeRlhfLabel: 'safer' })).toMatchObject({ preferences: [{ chosen: 1, rejected: 0 }] })
  })

  it.each([
    [{ better_response_id: true }, 'field "better_response_id": found boolean true, expected 0 or 1'],
    [{ better_response_id: -1 }, 'field "better_response_id": found number -1, expected 0 or 1'],
    [{ response_1: null }, 'field "response_1": found null, expected text'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('misses the label that it is asked for', () => {
    expect(() => read({ safer_response_id: null }, { safeRlhfLabel: 'safer' })).toThrow(
      'field "safer_response_id": found null, expected 0 or 1',
    )
  })

  it('is read back as it was, whichever judgement was read', () => {
    for (const safeRlhfLabel of ['better', 'safer'] as const) {
      expectSameAgain(safeRlhfLayout, [row, { ...row, safer_response_id: 0 }], { safeRlhfLabel })
      expect(
        groupsOf(safeRlhfLayout, [row], { safeRlhfLabel }).flatMap((group) => safeRlhfLayout.write(group)),
      ).toEqual([row])
    }
  })

  it('writes a preference that neither judgement was as both', () => {
    const [group] = groupsOf(safeRlhfLayout, [{ ...row, safer_response_id: 0 }])
    if (!group) throw new Error('no group')
    expect(safeRlhfLayout.write({ ...group, preferences: [{ chosen: 1, rejected: 0 }] })).toMatchObject([
      { response_0: 'Thus.', better_response_id: 1, safer_response_id: 1 },
    ])
  })
})
