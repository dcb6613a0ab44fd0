import { strftimeDirectives } from './python-strings.ts'

/** Whether a text is a day that exists, written YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false
  const date = new Date(`${text}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}

/** The day of a moment in local time, YYYY-MM-DD. */
export function dayOf(date: Date): string {
  const { Y, m, d } = strftimeDirectives(date)
  return `${Y}-${m}-${d}`
}

/** Whether a chat template reads the clock: it uses `strftime_now` and has no macro of that name. */
export const asksForDate = (template: string): boolean => asks.test(template) && !defines.test(template)
const asks = /\bstrftime_now\b/
const defines = /\{%[-+]?\s*macro\s+strftime_now\b/

/**
 * A chat template that prints one day, at midnight, whenever it is rendered and by whatever program: a macro takes the
 * place of transformers' function `strftime_now`. It knows the directives that `strftime` knows, and refuses others. A
 * day that was pinned before is replaced. A template that does not ask for the date stays unchanged.
 */
export function pinDate(template: string, day: string): string {
  const original = withoutPin(template)
  if (!asksForDate(original)) return template
  const [year = NaN, month = NaN, date = NaN] = day.split('-').map(Number)
  const { '%': _, ...directives } = strftimeDirectives(new Date(year, month - 1, date))
  const replacements = Object.entries(directives).map(([name, written]) => `|replace('%${name}', '${written}')`)
  const refusal = `raise_exception('the date is pinned to ${day}; this format is not supported: ' ~ format)`
  return [
    `{%- macro strftime_now(format) -%}`,
    // The replacement of %% has no % of its own.
    `{%- set text = format|replace('%%', '<percent>')${replacements.join('')} -%}`,
    `{%- if '%' in text -%}{{- ${refusal} -}}{%- endif -%}`,
    `{{- text|replace('<percent>', '%') -}}`,
    // The line break goes with the tag, and what follows is at the beginning of a line, as before.
    `{%- endmacro %}\n${original}`,
  ].join('')
}

/** The template as it was before its date was pinned. */
export const withoutPin = (template: string): string => template.replace(pin, '')
const pin = /^\{%- macro strftime_now\(format\) -%\}[^\n]*\{%- endmacro %\}\n/

/** The day that a template prints, where one was pinned. */
export const pinnedDay = (template: string): string | undefined =>
  pin.exec(template)?.[0].match(/pinned to (\d{4}-\d\d-\d\d)/)?.[1]
