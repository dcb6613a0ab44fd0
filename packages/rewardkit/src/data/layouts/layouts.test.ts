import { describe, expect, it } from 'vitest'
import { groupFromRow } from './index.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string) => ({ role: 'assistant', content })

describe("TRL's four preference shapes", () => {
  it('reads standard text with an explicit prompt unchanged', () => {
    const group = groupFromRow({ prompt: 'The sky is', chosen: ' blue.', rejected: ' green.' }, 'line-1')
    expect(group).toMatchObject({
      id: 'line-1',
      form: 'text',
      prompt: [user('The sky is')],
      responses: [[assistant(' blue.')], [assistant(' green.')]],
      preferences: [{ chosen: 0, rejected: 1 }],
    })
  })

  it('takes standard text without a prompt as whole texts', () => {
    const group = groupFromRow({ chosen: 'The sky is blue.', rejected: 'The sky is green.' }, 'line-1')
    expect(group).toMatchObject({ form: 'text', prompt: [], responses: [[assistant('The sky is blue.')], {}] })
  })

  it('reads conversations with an explicit prompt', () => {
    const row = { prompt: [user('Colour?')], chosen: [assistant('Blue.')], rejected: [assistant('Green.')] }
    expect(groupFromRow(row, 'x')).toMatchObject({
      form: 'messages',
      prompt: row.prompt,
      responses: [row.chosen, row.rejected],
    })
  })

  it('takes the shared leading messages of conversations as the prompt', () => {
    const shared = [{ role: 'system', content: 'Be brief.' }, user('Colour?'), assistant('Of what?'), user('The sky.')]
    const row = { chosen: [...shared, assistant('Blue.')], rejected: [...shared, assistant('Green.')] }
    expect(groupFromRow(row, 'x')).toMatchObject({
      prompt: shared,
      responses: [[assistant('Blue.')], [assistant('Green.')]],
    })
  })
})

describe('mixed shapes', () => {
  it('reads prompt messages with string responses', () => {
    const group = groupFromRow({ prompt: [user('Colour?')], chosen: 'Blue.', rejected: 'Green.' }, 'x')
    expect(group).toMatchObject({ form: 'messages', responses: [[assistant('Blue.')], [assistant('Green.')]] })
  })

  it('cuts a prompt that the conversations repeat', () => {
    const row = {
      prompt: 'Colour?',
      chosen: [user('Colour?'), assistant('Blue.')],
      rejected: [user('Colour?'), assistant('Green.')],
    }
    expect(groupFromRow(row, 'x')).toMatchObject({
      form: 'messages',
      prompt: [user('Colour?')],
      responses: [[assistant('Blue.')], [assistant('Green.')]],
    })
  })

  it('keeps at least one message in each response when one conversation continues the other', () => {
    const short = [user('Colour?'), assistant('Blue.')]
    const group = groupFromRow({ chosen: short, rejected: [...short, user('Sure?'), assistant('Yes.')] }, 'x')
    expect(group.prompt).toEqual([user('Colour?')])
    expect(group.responses.map((response) => response.length)).toEqual([1, 3])
  })

  it('refuses text against messages', () => {
    expect(() => groupFromRow({ chosen: 'a', rejected: [assistant('b')] }, 'x')).toThrow(/"rejected".*same kind/)
  })
})

describe('transcripts', () => {
  const opening = '\n\nHuman: Hello\n\nAssistant: Hi! \n\nHuman: Name a prime.'

  it('parses turns, shares those before the last answer and keeps the strings exactly', () => {
    const chosen = `${opening}\n\nAssistant:  7\n\nor 11: both.`
    const rejected = `${opening}\n\nAssistant: 8`
    const group = groupFromRow({ chosen, rejected }, 'x')
    expect(group.form).toBe('transcript')
    expect(group.prompt).toEqual([user('Hello'), assistant('Hi! '), user('Name a prime.')])
    expect(group.responses).toEqual([[assistant(' 7\n\nor 11: both.')], [assistant('8')]])
    expect(group.source?.responses.map((text) => `${group.source?.prompt}${text}`)).toEqual([chosen, rejected])
  })

  it('cuts before the answer in which early diverging transcripts part', () => {
    const chosen = '\n\nHuman: A\n\nAssistant: b\n\nHuman: C\n\nAssistant: d'
    const rejected = '\n\nHuman: A\n\nAssistant: b\n\nHuman: E\n\nAssistant: f'
    const group = groupFromRow({ chosen, rejected }, 'x')
    expect(group.prompt).toEqual([user('A')])
    expect(group.responses[1]).toEqual([assistant('b'), user('E'), assistant('f')])
    expect(group.source?.prompt).toBe('\n\nHuman: A')
  })

  it('has an empty prompt where the first turns differ, and no shared promptId', () => {
    const row = { chosen: '\n\nHuman: A\n\nAssistant: b', rejected: '\n\nHuman: B\n\nAssistant: b' }
    const other = { chosen: '\n\nHuman: D\n\nAssistant: b', rejected: '\n\nHuman: E\n\nAssistant: b' }
    const group = groupFromRow(row, 'x')
    expect(group.prompt).toEqual([])
    expect(group.source).toEqual({ prompt: '', responses: [row.chosen, row.rejected] })
    expect(groupFromRow(other, 'x').promptId).not.toBe(group.promptId)
  })

  it('accepts a marker without its space at the end and a prompt column', () => {
    const prompt = '\n\nHuman: Hello\n\nAssistant:'
    const group = groupFromRow({ prompt, chosen: ' Hi', rejected: '' }, 'x')
    expect(group.responses).toEqual([[assistant('Hi')], [assistant('')]])
    expect(group.source?.responses).toEqual(['\n\nAssistant: Hi', '\n\nAssistant:'])
  })

  it('joins neighbouring turns of one role and keeps the strings', () => {
    const chosen = '\n\nHuman: A\n\nHuman: B\n\nAssistant: c\n\nAssistant: d'
    const rejected = '\n\nHuman: A\n\nHuman: B\n\nAssistant: c'
    const group = groupFromRow({ chosen, rejected }, 'x')
    expect(group.prompt).toEqual([user('A\n\nB')])
    expect(group.responses).toEqual([[assistant('c\n\nd')], [assistant('c')]])
    expect(group.source?.responses.map((text) => `${group.source?.prompt}${text}`)).toEqual([chosen, rejected])
  })

  it('is one where the prompt is null', () => {
    const row = { chosen: `${opening}\n\nAssistant: 7`, rejected: `${opening}\n\nAssistant: 8` }
    expect(groupFromRow({ prompt: null, ...row }, 'x')).toEqual(groupFromRow(row, 'x'))
  })

  it('does not take plain text that mentions a Human for a transcript', () => {
    const row = { chosen: 'A story.\n\nHuman: Hi\n\nAssistant: Yes', rejected: 'Another.' }
    expect(groupFromRow(row, 'x').form).toBe('text')
  })
})

describe('responses and our own layout', () => {
  it('reads {prompt, response} and {prompt, responses} without preferences', () => {
    expect(groupFromRow({ prompt: 'Two?', response: 'Yes' }, 'x')).toMatchObject({
      responses: [[assistant('Yes')]],
      preferences: [],
    })
    const many = groupFromRow({ prompt: [user('Two?')], responses: ['Yes', [assistant('No')]] }, 'x')
    expect(many).toMatchObject({ form: 'messages', responses: [[assistant('Yes')], [assistant('No')]] })
  })

  it('reads a whole conversation as a pair reads it', () => {
    const turns = [user('A'), assistant('b'), user('C')]
    const [chosen, rejected] = [
      [...turns, assistant('d')],
      [...turns, assistant('e')],
    ]
    const pair = groupFromRow({ chosen, rejected }, 'x')
    expect(groupFromRow({ response: chosen }, 'x').prompt).toEqual(pair.prompt)
    expect(groupFromRow({ responses: [chosen, rejected] }, 'x').responses).toEqual(pair.responses)
  })

  it('takes null for absent', () => {
    const row = { prompt: null, chosen: null, rejected: null, response: null }
    expect(groupFromRow({ ...row, response: 'x' }, 'x')).toMatchObject({ responses: [[assistant('x')]] })
    expect(groupFromRow({ ...row, chosen: 'a', rejected: 'b' }, 'x').preferences).toHaveLength(1)
    expect(() => groupFromRow(row, 'x')).toThrow('the fields prompt (null), chosen (null)')
  })

  it('reads preferences by index', () => {
    const preferences = [{ chosen: 2, rejected: 0, margin: 1.5, weight: 2, probability: 0.75 }]
    expect(groupFromRow({ prompt: 'p', responses: ['a', 'b', 'c'], preferences }, 'x').preferences).toEqual(preferences)
  })

  it('refuses an index without a response', () => {
    const row = { prompt: 'p', responses: ['a', 'b'], preferences: [{ chosen: 0, rejected: 2 }] }
    expect(() => groupFromRow(row, 'x')).toThrow('field "preferences[0].rejected": found number 2, expected the index')
  })
})

describe('fields', () => {
  const pair = { prompt: 'p', chosen: 'a', rejected: 'b' }

  it('keeps what has a place and puts the other columns into meta', () => {
    const row = { ...pair, id: 7, subset: 's', margin: -0.5, weight: 0, probability: 1, source: 'web', meta: { k: 1 } }
    expect(groupFromRow(row, 'x')).toMatchObject({
      id: '7',
      subset: 's',
      preferences: [{ margin: -0.5, weight: 0, probability: 1 }],
      meta: { source: 'web', k: 1 },
    })
  })

  it('gives equal prompts equal ids, whatever their responses, and different prompts different ids', () => {
    const id = groupFromRow(pair, 'x').promptId
    expect(groupFromRow({ ...pair, chosen: 'c' }, 'y').promptId).toBe(id)
    expect(groupFromRow({ ...pair, prompt: 'q' }, 'y').promptId).not.toBe(id)
  })

  it.each([
    [{ prompt: 'p', rejected: 'b' }, 'field "chosen": found nothing, expected text or a list of messages'],
    [{ ...pair, chosen: 3 }, 'field "chosen": found number 3, expected text or a list of messages'],
    [{ ...pair, margin: Infinity }, 'field "margin": found number Infinity, expected a finite number'],
    [{ ...pair, margin: '2' }, 'field "margin": found text "2", expected a finite number'],
    [{ ...pair, weight: -1 }, 'field "weight": found number -1, expected a number not below 0'],
    [{ ...pair, probability: 1.5 }, 'field "probability": found number 1.5, expected a number between 0 and 1'],
    [{ ...pair, prompt: ' ' }, 'field "prompt": found text " ", expected a prompt that says something'],
    [{ ...pair, meta: 3 }, 'field "meta": found number 3, expected an object'],
    [{ ...pair, id: {} }, 'field "id": found an object, expected text or an integer'],
    [{ prompt: [{ role: 'user' }], chosen: 'a', rejected: 'b' }, 'field "prompt[0].content": found nothing'],
    [{ question: 'p', answer: 'a' }, 'found the fields question, answer, expected "chosen" and "rejected"'],
  ])('names field, finding and expectation: %j', (row, message) => {
    expect(() => groupFromRow(row, 'x')).toThrow(message)
  })
})
