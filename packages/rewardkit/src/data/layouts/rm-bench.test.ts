import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { rmBenchLayout } from './rm-bench.ts'

const row = {
  id: 78,
  subset: 'alpacaeval',
  prompt: 'Why?',
  chosen: ['So.', 'So it is.', '- So'],
  rejected: ['No.', 'No it is.', '- No'],
  error_key: 'cause',
  domain: 'chat',
}

describe('rm-bench', () => {
  it('has 3 x 3 preferences, chosen style by chosen style, and the domain as the subset', () => {
    const [group] = groupsOf(rmBenchLayout, [row])
    expect(group).toMatchObject({
      id: '78',
      form: 'messages',
      prompt: [{ role: 'user', content: 'Why?' }],
      responses: [...row.chosen, ...row.rejected].map((content) => [{ role: 'assistant', content }]),
      subset: 'chat',
      meta: { subset: 'alpacaeval', error_key: 'cause' },
    })
    expect(group?.preferences).toHaveLength(9)
    group?.preferences.forEach((preference, index) => {
      expect(preference).toEqual({ chosen: Math.floor(index / 3), rejected: 3 + (index % 3) })
    })
  })

  it('takes the subset where there is no domain', () => {
    const { domain: _, ...rest } = row
    expect(readRows(rmBenchLayout, [rest])).toMatchObject([{ subset: 'alpacaeval', meta: { error_key: 'cause' } }])
  })

  it.each([
    [{ chosen: ['So.', 'So it is.'] }, 'field "chosen": found a list of 2, expected a list of 3 texts'],
    [{ rejected: ['No.', null, '- No'] }, 'field "rejected[1]": found null, expected text'],
    [{ rejected: 'No.' }, 'field "rejected": found text "No.", expected a list of 3 texts'],
    [{ prompt: 1 }, 'field "prompt": found number 1, expected text or a list of messages'],
  ])('refuses %j', (changes, message) => {
    expect(() => readRows(rmBenchLayout, [{ ...row, ...changes }])).toThrow(message)
  })

  it('is read back as it was, with its two subsets', () => {
    expectSameAgain(rmBenchLayout, [row])
    expect(groupsOf(rmBenchLayout, [row]).flatMap((group) => rmBenchLayout.write(group))).toEqual([
      { ...row, id: '78' },
    ])
  })

  it('holds nothing but three against three', () => {
    const pair = pairGroup({ id: 'x', prompt: 'p', chosen: 'a', rejected: 'b' })
    expect(() => rmBenchLayout.write(pair)).toThrow(
      'found 1 chosen and 1 rejected responses; this layout holds 3 of each',
    )
  })
})
