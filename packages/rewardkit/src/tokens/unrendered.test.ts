import { expect, test } from 'vitest'
import { inProgramWords } from '../phrase.ts'
import { groupFromRow } from '../data/layouts/index.ts'
import { compileChatTemplate } from './chat-template.ts'
import { createUnrenderedTally, createUnrenderedWatch } from './unrendered.ts'

const user = (content: string) => ({ role: 'user', content })
const assistant = (content: string, more = {}) => ({ role: 'assistant', content, ...more })
const group = (prompt: object[], more = {}, fields = {}) =>
  groupFromRow({ prompt, chosen: [assistant('A', fields)], rejected: [assistant('B')], ...more }, 'line-1')
const tool = { type: 'function', function: { name: 'f' } }

/** Reads roles, contents, the reasoning of the last turn, tools and one variable; has no text for bots. */
const template = `{% for t in tools or [] %}{{ t | tojson }}{% endfor %}{% if brief %}brief{% endif %}
{%- for m in messages %}{% if m.role in ['user', 'assistant'] %}<{{ m.role }}>
{%- if loop.last %}{{ m.reasoning_content }}{% endif %}{{ m.content }}{% endif %}{% endfor %}`
const render = compileChatTemplate(template, {}, 'a template')

test('names fields, inputs and roles that make no difference, with the rows that have them', () => {
  const tally = createUnrenderedTally(render)
  tally.add(group([user('Why?')], { tools: [tool] }, { reasoning_content: 'Hm.' }))
  tally.add(group([user('Why?'), assistant('x', { reasoning_content: 'Hm.' }), user('And?')], {}, { name: 'me' }))
  for (let row = 0; row < 9; row++)
    tally.add(
      group([{ role: 'bot', content: 'Hello.' }, user('Why?')], {
        documents: [{ text: 'x' }],
        chat_template_kwargs: { brief: true, loud: true },
      }),
    )
  expect(tally.messages().map(inProgramWords)).toEqual([
    'the chat template does not read name (1 row), documents (9 rows), chat_template_kwargs.loud (9 rows)',
    "the chat template leaves out all text of the role bot (9 rows); roles: ['bot=ROLE'] reads it as another role",
  ])
})

test('has nothing to say where everything is read', () => {
  const tally = createUnrenderedTally(render)
  tally.add(group([user('Why?')], { tools: [tool] }, { thinking: 'Hm.' }))
  expect(tally.messages().map(inProgramWords)).toEqual([])
})

test('the plain form reads roles and contents only', () => {
  const tally = createUnrenderedTally(undefined)
  tally.add(group([user('Why?')], { tools: [tool] }, { thinking: 'Hm.' }))
  expect(tally.messages().map(inProgramWords)).toEqual([
    'the model has no chat template, and its plain form does not read thinking (1 row), tools (1 row)',
  ])
})

const known = 'system, developer, user, assistant, tool, function, observation, ipython'

test.each([
  [
    ['assistnat'],
    `the role assistnat (2 rows), expected ${known}; roles: ['assistnat=assistant'] reads assistnat as assistant`,
  ],
  [['bot'], `the role bot (2 rows), expected ${known}; roles: ['bot=ROLE'] reads bot as another role`],
  [['bot', 'usr'], `the roles bot (2 rows), usr (2 rows), expected ${known}; roles: ['usr=user'] reads usr as user`],
])('roles that are read but not known, %j, are reported once, in any plain form or template', (names, expected) => {
  const one = group([...names.map((role) => ({ role, content: 'Hello.' })), user('Why?')])
  const rendering = compileChatTemplate('{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}', {}, 't')
  for (const reader of [undefined, rendering]) {
    const tally = createUnrenderedTally(reader)
    tally.add(one)
    tally.add(one)
    expect(tally.messages().map(inProgramWords)).toEqual([`found ${expected}`])
    const watch = createUnrenderedWatch(reader)
    expect(watch(one).map(inProgramWords)).toEqual([`found ${expected.replaceAll('2 rows', '1 row')}`])
    expect(watch(one)).toEqual([])
  }
})

test('a role that a template refuses or leaves out is not reported twice', () => {
  const refusing = compileChatTemplate("{{ raise_exception('x') }}", {}, 't')
  const one = group([{ role: 'usr', content: 'Hello.' }, user('Why?')])
  for (const [reader, expected] of [
    [refusing, []],
    [
      render,
      ["the chat template leaves out all text of the role usr (1 row); roles: ['usr=user'] reads it as another role"],
    ],
  ] as const) {
    const tally = createUnrenderedTally(reader)
    tally.add(one)
    expect(tally.messages().map(inProgramWords)).toEqual(expected)
    expect(createUnrenderedWatch(reader)(one).map(inProgramWords)).toEqual(expected)
  }
})

test('a template that refuses a conversation has looked at it', () => {
  const refusing = compileChatTemplate("{% if messages[0].name %}{{ raise_exception('x') }}{% endif %}", {}, 't')
  const tally = createUnrenderedTally(refusing)
  tally.add(group([{ ...user('Why?'), name: 'x' }]))
  expect(tally.messages().map(inProgramWords).join()).not.toContain('name')
})

test('a watch says each thing once, and renders no more for groups like those before', () => {
  let rendered = 0
  const watch = createUnrenderedWatch((...given) => {
    rendered += 1
    return render(...given)
  })
  const one = group([user('Why?')], { documents: [{ text: 'x' }] })
  expect(watch(one).map(inProgramWords)).toEqual(['the chat template does not read documents (1 row)'])
  for (let call = 0; call < 20; call++) expect(watch(one)).toEqual([])
  const before = rendered
  watch(one)
  expect(rendered).toBe(before)
  expect(watch(group([{ role: 'bot', content: 'Hello.' }, user('Why?')])).map(inProgramWords)).toEqual([
    "the chat template leaves out all text of the role bot (1 row); roles: ['bot=ROLE'] reads it as another role",
  ])
})
