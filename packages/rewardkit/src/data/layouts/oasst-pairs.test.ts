import { describe, expect, it } from 'vitest'
import { pairGroup } from '../build.ts'
import { createDraws, expectSameAgain, groupsOf, readRows } from './fixtures/round-trip.ts'
import { oasstPairsLayout } from './oasst-pairs.ts'

const row = {
  lang: 'de',
  parent_id: 'm3',
  prompt: 'prompter: Wie?\nassistant: So.\n\nUnd so.\nprompter: Warum?',
  chosen: 'Darum.',
  rejected: 'Nie.',
}
const read = (changes: object, options = {}) => readRows(oasstPairsLayout, [{ ...row, ...changes }], options)[0]
const turns = (prompt: string) =>
  groupsOf(oasstPairsLayout, [{ ...row, prompt }])[0]?.prompt.map(({ content }) => content)

describe('oasst-pairs', () => {
  it('reads the turns of the prompt', () => {
    expect(read({})).toMatchObject({
      id: 'm3',
      form: 'messages',
      prompt: [
        { role: 'user', content: 'Wie?' },
        { role: 'assistant', content: 'So.\n\nUnd so.' },
        { role: 'user', content: 'Warum?' },
      ],
      responses: [[{ role: 'assistant', content: 'Darum.' }], [{ role: 'assistant', content: 'Nie.' }]],
      subset: 'de',
      meta: { lang: 'de', parent_id: 'm3' },
    })
    expect(groupsOf(oasstPairsLayout, [row])[0]?.preferences).toEqual([{ chosen: 0, rejected: 1 }])
  })

  it.each([
    ['prompter: What does "\nassistant: hi" mean?', ['What does "\nassistant: hi" mean?']],
    ['prompter: a\nprompter: b', ['a\nprompter: b']],
    ['prompter: a\nassistant: b\nassistant: c\nprompter: d', ['a', 'b\nassistant: c', 'd']],
    ['prompter: a\nassistant: b\nprompter: c\nassistant: d', ['a', 'b', 'c\nassistant: d']],
    ['prompter: the assistant: no marker\nassistant:none', ['the assistant: no marker\nassistant:none']],
    ['prompter: \nassistant: b\nprompter: ', ['', 'b', '']],
    ['prompter: prompter: a\n', ['prompter: a\n']],
  ])("%j: roles alternate, and the last turn is the prompter's", (prompt, expected) => {
    expect(turns(prompt)).toEqual(expected)
  })

  it('takes the languages asked for, as codes or names', () => {
    expect(read({}, { languages: ['en'] })).toEqual({ skipped: 'language' })
    expect(read({}, { languages: ['German'] })).toMatchObject({ id: 'm3' })
  })

  it.each([
    [{ prompt: 'assistant: So.\nprompter: Why?' }, 'field "prompt": found text "assistant: So.'],
    [{ prompt: ' prompter: Why?' }, 'expected turns that begin with "prompter: "'],
    [{ prompt: '' }, 'field "prompt": found empty text, expected turns that begin with "prompter: "'],
    [{ prompt: null }, 'field "prompt": found null, expected text'],
    [{ rejected: false }, 'field "rejected": found boolean false, expected text'],
    [{ lang: 3.5 }, 'field "lang": found number 3.5, expected text or an integer'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message)
  })

  it('is written unchanged', () => {
    const [group] = groupsOf(oasstPairsLayout, [row])
    expect(group && oasstPairsLayout.write(group)).toEqual([row])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed))('reads what it wrote as the same (seed %i)', (seed) => {
    const { text, pick, integer } = createDraws(seed)
    const rows = Array.from({ length: 5 }, () => {
      const roles = Array.from({ length: 1 + 2 * integer(3) }, (_, turn) => (turn % 2 === 0 ? 'prompter' : 'assistant'))
      const prompt = roles.map((role) => `${role}: ${text()}`).join('\n')
      return { lang: pick(['en', 'pt-BR']), parent_id: text(), prompt, chosen: text(), rejected: text() }
    })
    expectSameAgain(oasstPairsLayout, rows)
    const written = groupsOf(oasstPairsLayout, rows).flatMap((group) => oasstPairsLayout.write(group))
    expect(written).toEqual(rows)
  })

  it('holds no system turn and no prompt that ends with the assistant', () => {
    const user = { role: 'user', content: 'a' }
    const pair = (prompt: { role: string; content: string }[]) =>
      pairGroup({ id: '1', prompt, chosen: 'b', rejected: 'c' })
    expect(() => oasstPairsLayout.write(pair([{ role: 'system', content: 's' }, user]))).toThrow(
      'the prompt has the turns system, user; this layout holds',
    )
    expect(() => oasstPairsLayout.write(pair([user, { role: 'assistant', content: 'b' }]))).toThrow('user, assistant')
    expect(oasstPairsLayout.write(pair([user]))).toEqual([
      { parent_id: '1', prompt: 'prompter: a', chosen: 'b', rejected: 'c' },
    ])
  })
})
