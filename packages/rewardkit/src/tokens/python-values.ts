// How Python writes values: `repr`, which `str` of a list or mapping is made of, and `json.dumps`.

/** A value of the template library: what it is called there, and what it holds. */
export interface TemplateValue {
  readonly type: string
  readonly value: unknown
}

/** Python's `repr`. Throws for anything that is not a value, such as a function. */
export function pythonRepr({ type, value }: TemplateValue): string {
  if (type === 'NullValue') return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string') return stringRepr(value)
  if (typeof value === 'number')
    return type === 'FloatValue' || !Number.isSafeInteger(value) ? floatRepr(value) : String(value)
  if (isList(value)) {
    const items = value.map(pythonRepr)
    if (type !== 'TupleValue') return `[${items.join(', ')}]`
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(', ')})`
  }
  if (isMapping(value) && type === 'ObjectValue')
    return `{${[...value].map(([key, item]) => `${stringRepr(key)}: ${pythonRepr(item)}`).join(', ')}}`
  throw new Error('a function, a namespace or something undefined is written as text, which is not supported')
}

/** How `json.dumps` writes. */
export interface JsonStyle {
  readonly ensureAscii: boolean
  /** White space of one level; undefined for one line. */
  readonly indent: string | undefined
  readonly separators: readonly [item: string, key: string]
  readonly sortKeys: boolean
}

/** Python's `json.dumps`. Throws for what it refuses. */
export function pythonJson(value: TemplateValue, style: JsonStyle, level = 0): string {
  const { type, value: held } = value
  const { indent, separators } = style
  if (type === 'NullValue') return 'null'
  if (typeof held === 'boolean') return String(held)
  if (typeof held === 'string') return jsonString(held, style)
  if (isList(held)) {
    const items = held.map((item) => pythonJson(item, style, level + 1))
    return bracketed('[', items, ']')
  }
  if (isMapping(held) && type === 'ObjectValue') {
    const entries = [...held]
    if (style.sortKeys) entries.sort(([a], [b]) => compareByCodePoints(a, b))
    const items = entries.map(
      ([key, item]) => `${jsonString(key, style)}${separators[1]}${pythonJson(item, style, level + 1)}`,
    )
    return bracketed('{', items, '}')
  }
  if (typeof held === 'number') return jsonNumber(pythonRepr(value))
  throw new Error('tojson: a function, a namespace or something undefined cannot be JSON')

  function bracketed(open: string, items: readonly string[], close: string): string {
    if (items.length === 0 || indent === undefined) return `${open}${items.join(separators[0])}${close}`
    const lineOf = (depth: number) => `\n${indent.repeat(depth)}`
    const inner = lineOf(level + 1)
    return `${open}${inner}${items.join(`${separators[0]}${inner}`)}${lineOf(level)}${close}`
  }
}

const isList = (value: unknown): value is readonly TemplateValue[] => Array.isArray(value)
const isMapping = (value: unknown): value is ReadonlyMap<string, TemplateValue> => value instanceof Map

const jsonNumber = (text: string): string => ({ inf: 'Infinity', '-inf': '-Infinity', nan: 'NaN' })[text] ?? text

function jsonString(text: string, { ensureAscii }: JsonStyle): string {
  const written = JSON.stringify(text)
  if (!ensureAscii) return written
  return written.replaceAll(/[^ -~]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`)
}

/** Within quotes that the text does not hold, where it can be. */
function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const inner = Array.from(text, (character) => {
    if (character === quote || character === '\\') return `\\${character}`
    return unprintable.test(character) ? escaped(character) : character
  })
  return `${quote}${inner.join('')}${quote}`
}

/** What `str.isprintable` denies: controls, unassigned code points, and all separators except the blank. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/u
const short: Readonly<Record<string, string>> = { '\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t` }

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (code <= 0xff) return short[character] ?? `\\x${hex(code, 2)}`
  return code <= 0xffff ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0')

/** The shortest digits that give the number again, as in JavaScript, but with an exponent from 1e16 and below 1e-4. */
function floatRepr(number: number): string {
  if (!Number.isFinite(number)) return Number.isNaN(number) ? 'nan' : number > 0 ? 'inf' : '-inf'
  if (Object.is(number, -0)) return '-0.0'
  const size = Math.abs(number)
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    const [digits = '', exponent = ''] = number.toExponential().split('e')
    return `${digits}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, '0')}`
  }
  return Number.isInteger(number) ? `${number}.0` : String(number)
}

function compareByCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  const at = left.findIndex((character, index) => character !== right[index])
  if (at < 0) return left.length - right.length
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1)
}
