import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { InputError } from '../errors.ts'
import { compileChatTemplate } from './chat-template.ts'
import { strftime } from './python-strings.ts'

const { strings, cases, dates } = z
  .object({
    strings: z.array(z.string()),
    cases: z.array(z.object({ template: z.string(), rendered: z.array(z.string()) })),
    dates: z.array(z.object({ date: z.string(), format: z.string(), written: z.string() })),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/templates.json', import.meta.url), 'utf8')))

const compile = (template: string) =>
  compileChatTemplate(template, { bos_token: '<s>', eos_token: '</s>' }, 'a template')

const conversation = (text: string) => [
  { role: 'user', content: text },
  { role: 'assistant', content: text },
  { role: 'user', content: 'x' },
]

test.each(cases)('renders $template as Python does', ({ template, rendered }) => {
  const render = compile(template)
  expect(strings.map((text) => render(conversation(text)))).toEqual(rendered)
})

test.each(dates)('writes $date as Python does', ({ date, format, written }) => {
  expect(strftime(new Date(date), format)).toBe(written)
})

test.each([
  ['a method that is not supported', '{{ messages[0].content.swapcase() }}', 'the method "swapcase" of strings'],
  ['a function as text', '{{ range }}', 'a function, a namespace or something undefined is written as text'],
  ['else after break', '{% for m in messages %}{% break %}{% else %}x{% endfor %}', 'in a loop with else'],
  ['a refusal', "{{ raise_exception('roles must alternate') }}", 'roles must alternate'],
  ['a test that is not supported', '{{ 4 is divisibleby(2) }}', 'a template: the chat template cannot render'],
])('%s is an error, not another text', (_, template, message) => {
  expect(() => compile(template)(conversation('x'))).toThrow(InputError)
  expect(() => compile(template)(conversation('x'))).toThrow(message)
})
