import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { compileTemplate } from './python-template.ts'
import { strftime } from './python-strings.ts'
import { asksForDate, isDate, pinDate, pinnedDay, withoutPin } from './template-date.ts'

const messages = [{ role: 'user', content: 'hi' }]
const render = (template: string) => compileTemplate(template)({ messages })
const llama = `{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{{- "Today Date: " + date_string + "\\n" }}
{%- for message in messages %}
    {{- message.role + ": " + message.content }}
{%- endfor %}
`

// The clock shows another day than the one that is pinned.
beforeEach(() => void vi.useFakeTimers({ now: new Date(2031, 0, 2, 3, 4, 5) }))
afterEach(() => void vi.useRealTimers())

it('prints the pinned day whatever the clock says, in the way of Llama and in loops', () => {
  expect(render(llama)).toBe('Today Date: 02 Jan 2031\nuser: hi')
  expect(render(pinDate(llama, '2026-07-26'))).toBe('Today Date: 26 Jul 2026\nuser: hi')
  const inLoop = "{% for m in messages %}{{ strftime_now('%Y-%m-%d') ~ m.content }}{% endfor %}"
  expect(render(pinDate(inLoop, '2024-02-29'))).toBe('2024-02-29hi')
})

it('writes what strftime writes at midnight, for every directive and for formats from variables', () => {
  const format = '%Y %y %m %B %b %d %A %a %H %I %p %M %S 100 %% %%d %%%d %B%%'
  const template = `{% set format = '${format}' %}{{ strftime_now(format) }}`
  for (const day of ['2026-11-05', '1999-12-31', '2024-02-29']) {
    const [year = 0, month = 0, date = 0] = day.split('-').map(Number)
    expect(render(pinDate(template, day))).toBe(strftime(new Date(year, month - 1, date), format))
  }
})

it('refuses a format that it does not know', () => {
  expect(() => render(pinDate("{{ strftime_now('%j') }}", '2026-07-26'))).toThrow(/pinned to 2026-07-26.*%j/)
})

it.each(['\n\n  x{{ strftime_now("%d") }}', '  {% if true %}\n {{ strftime_now("%d") }}{% endif %}\n', llama])(
  'changes nothing else, blanks at the beginning included: %j',
  (template) => {
    vi.setSystemTime(new Date(2026, 6, 26))
    expect(render(pinDate(template, '2026-07-26'))).toBe(render(template))
  },
)

it('can be undone, and done again for another day', () => {
  const pinned = pinDate(llama, '2026-07-26')
  expect(asksForDate(llama)).toBe(true)
  expect(asksForDate(pinned)).toBe(false)
  expect(pinnedDay(pinned)).toBe('2026-07-26')
  expect(withoutPin(pinned)).toBe(llama)
  expect(pinDate(pinned, '2027-01-01')).toBe(pinDate(llama, '2027-01-01'))
  expect(pinDate('{{ messages[0].content }}', '2027-01-01')).toBe('{{ messages[0].content }}')
})

it.each(['2026-02-30', '2026-2-3', 'today', '2026-13-01', ''])('%j is not a day', (text) => {
  expect(isDate(text)).toBe(false)
})
