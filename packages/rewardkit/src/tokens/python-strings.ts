import { at } from '../at.ts'
// What Python's strings do in another way than JavaScript's, as chat templates use them.

type StringFunction = (text: string, ...args: readonly unknown[]) => unknown

/** The characters for which Python's `str.isspace` holds, as a class of a regular expression. */
const space = String.raw`[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`
const oneSpace = new RegExp(`^${space}$`, 'u')
const someSpaces = new RegExp(`${space}+`, 'u')
const leadingSpaces = new RegExp(`^${space}+`, 'u')
const lineBreak = new RegExp(String.raw`\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]`, 'u')
const titleBreaks = new RegExp(`((?:[-({[<]|${space})+)`, 'u')

function strip(left: boolean, right: boolean): StringFunction {
  return (text, chars) => {
    if (chars !== undefined && chars !== null && typeof chars !== 'string')
      throw new Error('strip takes the characters to strip as one string')
    const set = typeof chars === 'string' ? new Set(chars) : null
    const goes = (character = '') => set?.has(character) ?? oneSpace.test(character)
    const characters = Array.from(text)
    let start = 0
    let end = characters.length
    if (left) while (start < end && goes(characters[start])) start++
    if (right) while (end > start && goes(characters[end - 1])) end--
    return characters.slice(start, end).join('')
  }
}

/** Splits from the left; without a separator at runs of white space, and neither end of the text keeps any. */
function split(text: string, separator?: unknown, limit: unknown = -1): string[] {
  if (typeof limit !== 'number' || separator === '') throw new Error('split: an argument is not supported')
  const isBlank = typeof separator !== 'string'
  const begin = (part: string) => (isBlank ? part.replace(leadingSpaces, '') : part)
  const parts: string[] = []
  const most = limit < 0 ? Infinity : limit
  let rest = begin(text)
  while (parts.length < most) {
    const start = isBlank ? rest.search(someSpaces) : rest.indexOf(separator)
    if (start < 0) break
    parts.push(rest.slice(0, start))
    rest = begin(rest.slice(start + (isBlank ? 1 : separator.length)))
  }
  return isBlank && rest === '' ? parts : [...parts, rest]
}

/** The first character in title case (ß becomes Ss), the others in lower case. */
function capitalize(text: string): string {
  const [first = '', ...others] = Array.from(text)
  const [upper = '', ...more] = Array.from(first.toUpperCase())
  return upper + more.concat(others).join('').toLowerCase()
}

function upperFirst(text: string): string {
  const [first = '', ...others] = Array.from(text)
  return first.toUpperCase() + others.join('').toLowerCase()
}

/** Number of code points, items or keys. Throws for what has no length. */
export function pythonLength(value: unknown): number {
  if (typeof value === 'string') return Array.from(value).length
  if (Array.isArray(value)) return value.length
  if (value instanceof Map) return value.size
  if (value === undefined) return 0
  throw new Error(`a value of type ${typeof value} has no length`)
}

/** `str.NAME(...)`; methods missing here are the same in both languages, or not supported. */
export const stringMethods: Readonly<Record<string, StringFunction>> = {
  strip: strip(true, true),
  lstrip: strip(true, false),
  rstrip: strip(false, true),
  split,
  capitalize,
  title: (text) => text.replaceAll(/\p{Cased}+/gu, capitalize),
  removeprefix: (text, prefix) => (text.startsWith(String(prefix)) ? text.slice(String(prefix).length) : text),
  removesuffix: (text, suffix) =>
    text.endsWith(String(suffix)) ? text.slice(0, -String(suffix).length || text.length) : text,
}

/** Jinja's filters of strings; `title` has its own idea of words, and ß becomes SS there. */
export const stringFilters: Readonly<Record<string, StringFunction>> = {
  trim: strip(true, true),
  capitalize,
  title: (text) => text.split(titleBreaks).map(upperFirst).join(''),
  indent: (text, width = 4, first = false, blank = false) => {
    const indention = typeof width === 'number' ? ' '.repeat(width) : String(width)
    const isIndented = (line: string, index: number) => (index === 0 ? first === true : blank === true || line !== '')
    const lines = text.split(lineBreak).map((line, index) => (isIndented(line, index) ? indention + line : line))
    return lines.join('\n')
  },
}

const months = 'January February March April May June July August September October November December'.split(' ')
const days = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** Python's `strftime` in the C locale and in local time, for the directives that dates and times are written with. */
export function strftime(date: Date, format: string): string {
  const directives: Readonly<Record<string, string>> = strftimeDirectives(date)
  return format.replaceAll(/%(.?)/gsu, (_, name: string) => {
    const written = directives[name]
    if (written === undefined) throw new Error(`strftime_now: the directive %${name} is not supported`)
    return written
  })
}

/** What each directive of `strftime` writes, by its letter. */
export function strftimeDirectives(date: Date) {
  const pad = (number: number, length = 2) => String(number).padStart(length, '0')
  const month = at(months, date.getMonth())
  const day = at(days, date.getDay())
  return {
    Y: pad(date.getFullYear(), 4),
    y: pad(date.getFullYear() % 100),
    m: pad(date.getMonth() + 1),
    B: month,
    b: month.slice(0, 3),
    d: pad(date.getDate()),
    A: day,
    a: day.slice(0, 3),
    H: pad(date.getHours()),
    I: pad(date.getHours() % 12 || 12),
    p: date.getHours() < 12 ? 'AM' : 'PM',
    M: pad(date.getMinutes()),
    S: pad(date.getSeconds()),
    '%': '%',
  }
}
