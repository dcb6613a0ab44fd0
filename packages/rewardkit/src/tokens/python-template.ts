import * as jinja from '@huggingface/jinja'
import { isObject } from '../data/fields.ts'
import { pythonLength, stringFilters, stringMethods, strftime } from './python-strings.ts'
import { type JsonStyle, pythonJson, pythonRepr } from './python-values.ts'

/** What the package gives: its own declarations lose their types on the way (imports without file extensions). */
interface Library {
  readonly Environment: new (parent?: Scope) => Scope
  readonly Interpreter: new (scope: Scope) => {
    run(program: Statement): Value
    evaluate(node: Statement | undefined, scope: Scope): Value
  }
  readonly parse: (tokens: unknown) => Statement
  readonly tokenize: (source: string, options: { trim_blocks: boolean; lstrip_blocks: boolean }) => unknown
}
interface Scope {
  set(name: string, value: unknown): Value
  setVariable(name: string, value: Value): Value
}
interface Value {
  readonly type: string
  readonly value: string | number | boolean | null | undefined | Value[] | Map<string, Value> | (() => void)
  readonly builtins: ReadonlyMap<string, unknown>
  __bool__(): { readonly value: boolean }
  toString(): string
}
interface Statement {
  readonly type: string
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see Library
const { Environment, Interpreter, parse, tokenize } = jinja as unknown as Library

/** A compiled template: gives its text for the variables of a context. */
export type CompiledTemplate = (context: Readonly<Record<string, unknown>>) => string

/**
 * Compiles a Jinja template with the settings of transformers (`trim_blocks`, `lstrip_blocks`, loop controls,
 * `raise_exception`, `strftime_now`), and with Python's strings, scopes and operators where the JavaScript library has
 * others. What Python's Jinja knows and this does not is an error when it is met, never another text.
 */
export function compileTemplate(source: string): CompiledTemplate {
  const tokens = tokenize(source.replaceAll(/\r\n?/g, '\n'), { trim_blocks: true, lstrip_blocks: true })
  const whole = parse(tokens)
  return (context) => {
    const scope = new Environment()
    for (const [name, value] of Object.entries({ ...globals, ...context })) scope.setVariable(name, toValue(value))
    return pythonText(new PythonInterpreter(scope).run(whole))
  }
}

const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range: (first: number, second?: number, step = 1) => {
    const [start, stop] = second === undefined ? [0, first] : [first, second]
    return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, i) => start + i * step)
  },
  raise_exception: (message: string) => {
    throw new Error(message)
  },
  strftime_now: (format: string) => strftime(new Date(), format),
}

/** The nodes that are evaluated here. */
type Node =
  | { readonly type: 'Program'; readonly body: readonly Statement[] }
  | { readonly type: 'If'; readonly test: Statement; readonly body: Statement[]; readonly alternate: Statement[] }
  | {
      readonly type: 'For'
      readonly iterable: Statement & { readonly lhs?: Statement }
      readonly body: Statement[]
      readonly defaultBlock: Statement[]
    }
  | { readonly type: 'Macro' | 'CallStatement' | 'Set'; readonly body: Statement[] }
  | { readonly type: 'FilterStatement'; readonly body: Statement[]; readonly filter: Filter }
  | { readonly type: 'FilterExpression'; readonly operand: Statement; readonly filter: Filter }
  | { readonly type: 'Break' | 'Continue' }
  | { readonly type: 'TestExpression'; readonly operand: Statement; readonly test: Named; readonly negate: boolean }
  | Binary
  | Call
  | Held
  | Member
  | Round
interface Binary {
  readonly type: 'BinaryExpression'
  readonly operator: Named
  readonly left: Statement
  readonly right: Statement
}
type Named = { readonly value: string }
type Filter = (Named & { readonly type: 'Identifier' }) | Call
interface Member {
  readonly type: 'MemberExpression'
  readonly object: Statement
  readonly property: Statement & Named
  readonly computed: boolean
}
type Argument = Statement & { readonly key?: Named; readonly value?: Statement }
interface Call {
  readonly type: 'CallExpression'
  readonly callee: Statement & { readonly value?: string; readonly object?: Statement; readonly property?: Named }
  readonly args: readonly Argument[]
}
/** A value that has been evaluated already. */
interface Held {
  readonly type: 'Held'
  readonly held: Value
}
/** The body of a loop: every round has a scope of its own, and keeps the text that it wrote before it was left. */
interface Round {
  readonly type: 'Round'
  readonly body: readonly Statement[]
  readonly hasElse: boolean
  stopped: boolean
}

/** `break` and `continue` on their way to the loop, with the text that the round has written. */
class LoopControl extends Error {
  readonly stops: boolean
  text = ''
  constructor(stops: boolean) {
    super('break or continue outside of a loop')
    this.stops = stops
  }
}

/** Evaluates what the JavaScript library does in another way than Python's, and leaves the rest to it. */
class PythonInterpreter extends Interpreter {
  override evaluate(statement: Statement | undefined, scope: Scope): Value {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see Node
    const node = statement as Node | undefined
    switch (node?.type) {
      case 'Held':
        return node.held
      case 'Program':
        return toValue(this.#block(node.body, scope))
      case 'If': {
        const holds = this.evaluate(node.test, scope).__bool__().value
        return toValue(this.#block(holds ? node.body : node.alternate, scope))
      }
      case 'For': {
        const round: Round = { type: 'Round', body: node.body, hasElse: node.defaultBlock.length > 0, stopped: false }
        const iterable = this.#iterable(node.iterable, scope)
        return super.evaluate(
          joined(node, { iterable, body: [round], defaultBlock: [program(node.defaultBlock)] }),
          scope,
        )
      }
      case 'Round':
        return toValue(this.#round(node, scope))
      case 'Break':
      case 'Continue':
        throw new LoopControl(node.type === 'Break')
      case 'Macro':
      case 'CallStatement':
      case 'Set':
        return super.evaluate(joined(node, { body: [program(node.body)] }), scope)
      case 'FilterStatement':
        return this.#filter(toValue(this.#block(node.body, scope)), node.filter, scope)
      case 'FilterExpression':
        return this.#filter(this.evaluate(node.operand, scope), node.filter, scope)
      case 'CallExpression':
        return this.#call(node, scope)
      case 'BinaryExpression':
        return this.#operate(node, scope)
      case 'MemberExpression':
        return this.#member(node, scope)
      case 'TestExpression': {
        const operand = this.evaluate(node.operand, scope)
        const test = pythonTests[node.test.value]
        if (test === undefined) return super.evaluate(joined(node, { operand: held(operand) }), scope)
        return toValue(test(operand) !== node.negate)
      }
      case undefined:
    }
    return super.evaluate(statement, scope)
  }

  #block(statements: readonly Statement[], scope: Scope): string {
    let text = ''
    for (const statement of statements) {
      try {
        const value = this.evaluate(statement, scope)
        if (!silent.has(statement.type)) text += pythonText(value)
      } catch (error) {
        if (error instanceof LoopControl) error.text = text + error.text
        throw error
      }
    }
    return text
  }

  #round(round: Round, scope: Scope): string {
    if (round.stopped) return ''
    try {
      return this.#block(round.body, new Environment(scope))
    } catch (error) {
      if (!(error instanceof LoopControl)) throw error
      if (round.hasElse) throw new Error('break and continue in a loop with else are not supported', { cause: error })
      round.stopped = error.stops
      return error.text
    }
  }

  /** Nothing where there is nothing to go through; the characters of a text. */
  #iterable(iterable: Statement & { readonly lhs?: Statement }, scope: Scope): Statement {
    const value = this.evaluate(iterable.lhs ?? iterable, scope)
    const items =
      value.type === 'UndefinedValue' ? [] : typeof value.value === 'string' ? Array.from(value.value) : undefined
    const source = held(items === undefined ? value : toValue(items))
    return iterable.lhs === undefined ? source : joined(iterable, { lhs: source })
  }

  /** `a.b` and `a[b]`. A mapping's methods go before its keys where a point is written. */
  #member(node: Member, scope: Scope): Value {
    const object = this.evaluate(node.object, scope)
    if (object.type === 'UndefinedValue') throw new Error('something undefined has no attributes')
    if (node.computed && isMapping(object)) {
      // Only texts are keys.
      const key = this.evaluate(node.property, scope)
      if (typeof key.value !== 'string') return toValue(undefined)
      return super.evaluate(joined(node, { object: held(object), property: held(key) }), scope)
    }
    const name = node.property.value
    if (!node.computed && isMapping(object) && mappingMethods.has(name) && object.value.has(name))
      throw new Error(`"${name}" is a method of mappings in Python, which is not supported without a call`)
    return super.evaluate(joined(node, { object: held(object) }), scope)
  }

  #filter(given: Value, filter: Filter, scope: Scope): Value {
    const name = filter.type === 'Identifier' ? filter.value : (filter.callee.value ?? '')
    const operand = softFilters.has(name) ? toValue(pythonText(given)) : given
    if (name === 'length' || name === 'count') return toValue(pythonLength(operand.value))
    if (name === 'string') return toValue(pythonText(operand))
    if (name === 'tojson') return toValue(pythonJson(operand, this.#jsonStyle(filter, scope)))
    if (name === 'list' && isMapping(operand)) return toValue([...operand.value.keys()])
    if (name === 'list' && typeof operand.value === 'string') return toValue(Array.from(operand.value))
    if (name === 'join' && Array.isArray(operand.value)) {
      const [separator = ''] = filter.type === 'Identifier' ? [] : this.#arguments(filter, ['d'], scope)
      return toValue(operand.value.map(pythonText).join(String(separator)))
    }
    const run = stringFilters[name]
    if (run && typeof operand.value === 'string') {
      const args = filter.type === 'Identifier' ? [] : this.#arguments(filter, ['width', 'first', 'blank'], scope)
      return toValue(run(operand.value, ...args))
    }
    return super.evaluate(joined({ type: 'FilterExpression' }, { filter, operand: held(operand) }), scope)
  }

  /** The arguments of transformers' `tojson`. */
  #jsonStyle(filter: Filter, scope: Scope): JsonStyle {
    const names = ['ensure_ascii', 'indent', 'separators', 'sort_keys']
    const [ensureAscii, indent, separators, sortKeys] =
      filter.type === 'Identifier' ? [] : this.#arguments(filter, names, scope)
    const level = typeof indent === 'number' ? ' '.repeat(indent) : typeof indent === 'string' ? indent : undefined
    const [item, key] = Array.isArray(separators) ? separators.map((one: Value) => pythonText(one)) : []
    return {
      ensureAscii: ensureAscii === true,
      indent: level,
      separators: [item ?? (level === undefined ? ', ' : ','), key ?? ': '],
      sortKeys: sortKeys === true,
    }
  }

  #call(call: Call, scope: Scope): Value {
    const { object, property } = call.callee
    if (object === undefined || property === undefined) return super.evaluate(call, scope)
    const target = this.evaluate(object, scope)
    if (typeof target.value === 'string') {
      const run = stringMethods[property.value]
      if (run) return toValue(run(target.value, ...this.#arguments(call, ['sep', 'maxsplit'], scope)))
      if (!target.builtins.has(property.value))
        throw new Error(`the method "${property.value}" of strings is not supported`)
    }
    const method = isMapping(target) && mappingMethods.has(property.value) && target.builtins.get(property.value)
    const callee = method ? { type: 'Held', held: method } : { ...call.callee, object: held(target) }
    return super.evaluate(joined(call, { callee }), scope)
  }

  /** The values of a call's arguments; those given by name at the place that their name has in `names`. */
  #arguments(call: Call, names: readonly string[], scope: Scope): unknown[] {
    const values: unknown[] = []
    for (const [index, argument] of call.args.entries()) {
      const isNamed = argument.type === 'KeywordArgumentExpression'
      const place = isNamed ? names.indexOf(argument.key?.value ?? '') : index
      if (place < 0 || argument.type.includes('Spread')) throw new Error('an argument is not supported')
      values[place] = this.evaluate(isNamed ? argument.value : argument, scope).value
    }
    return values
  }

  #operate(node: Binary, scope: Scope): Value {
    const operator = node.operator.value
    if (operator === 'and' || operator === 'or') return super.evaluate(node, scope)
    const left = this.evaluate(node.left, scope)
    const right = this.evaluate(node.right, scope)
    const [a, b] = [left.value, right.value]
    if (operator === '==' || operator === '!=') return toValue(isEqual(left, right) === (operator === '=='))
    if (operator === '~') return toValue(pythonText(left) + pythonText(right))
    if (operator === '+' && (typeof a === 'string') !== (typeof b === 'string'))
      throw new Error('a text and something else are added')
    if (operator === '*' && typeof a === 'string' && typeof b === 'number') return toValue(a.repeat(Math.max(0, b)))
    if (operator === '*' && typeof a === 'number' && typeof b === 'string') return toValue(b.repeat(Math.max(0, a)))
    if (operator === '%' && typeof a === 'number' && typeof b === 'number' && b !== 0)
      return toValue(a - b * Math.floor(a / b))
    return super.evaluate(joined(node, { left: held(left), right: held(right) }), scope)
  }
}

/** Statements whose value is not a text. */
const silent: ReadonlySet<string> = new Set(['Set', 'Macro', 'Comment'])

function toValue(value: unknown): Value {
  if (Array.isArray(value)) {
    const list = plainValue([])
    if (Array.isArray(list.value)) list.value.push(...value.map(toValue))
    return list
  }
  if (!isObject(value)) return plainValue(value)
  const mapping = plainValue({})
  if (mapping.value instanceof Map)
    for (const [key, item] of Object.entries(value)) if (item !== undefined) mapping.value.set(key, toValue(item))
  return mapping
}

const plainValue = (value: unknown): Value => new Environment().set('value', value)
const held = (value: Value): Held => ({ type: 'Held', held: value })
const joined = (node: Statement, parts: Readonly<Record<string, unknown>>): Statement => ({ ...node, ...parts })

/** Statements as one node that this interpreter evaluates, no matter who asks for it. */
const program = (body: readonly Statement[]): Statement => Object.assign(parse([]), { body })

/** Python's `str` of a value. */
function pythonText(value: Value): string {
  if (typeof value.value === 'string') return value.value
  return value.type === 'UndefinedValue' ? '' : pythonRepr(value)
}

const isMapping = (value: Value): value is Value & { readonly value: Map<string, Value> } =>
  value.type === 'ObjectValue'

/** Filters that make a text of whatever they are given. */
const softFilters: ReadonlySet<string> = new Set(['trim', 'capitalize', 'title', 'upper', 'lower'])

/** Methods of Python's `dict` that templates call. */
const mappingMethods: ReadonlySet<string> = new Set(['items', 'keys', 'values', 'get'])

/** Tests that the JavaScript library has in another way, or not at all. */
const pythonTests: Readonly<Record<string, (value: Value) => boolean>> = {
  iterable: ({ type }) => ['ArrayValue', 'TupleValue', 'ObjectValue', 'StringValue', 'UndefinedValue'].includes(type),
  number: ({ type }) => ['IntegerValue', 'FloatValue', 'BooleanValue'].includes(type),
  float: ({ type }) => type === 'FloatValue',
}

/** Python's `==`: numbers and truth values by number, lists and mappings by what they hold, nothing across kinds. */
function isEqual(left: Value, right: Value): boolean {
  const [a, b] = [left.value, right.value]
  if (isNumeric(a) && isNumeric(b)) return Number(a) === Number(b)
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, item]) => isSame(item, b.get(key)))
  return a === b && isNone(left) === isNone(right)
}

const isNone = ({ type }: Value): boolean => type === 'NullValue'
const isSame = (a: Value, b: Value | undefined): boolean => b !== undefined && isEqual(a, b)
const isNumeric = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean'
