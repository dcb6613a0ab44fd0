import { buildGroup, inputsKeys } from '../build.ts'
import { isObject, type Row } from '../fields.ts'
import { parseJson } from '../json.ts'
import type { Group, TemplateInputs } from '../group.ts'
import type { RowOptions } from '../row-options.ts'
import type { Reading, RowContext, Layout } from './layout.ts'

/**
 * The layout, with columns that any row may carry besides: the inputs of a chat template in `tools`, `documents` and
 * `chat_template_kwargs`, as values or as JSON text (null means none). A column of such a name that holds anything else
 * goes into `meta`. Roles are read as `--roles` says.
 */
export function carrying(layout: Layout): Layout {
  const { gather } = layout
  return {
    ...layout,
    read: (row, context) => readWithInputs(withRoles(row, context.options), (rest) => layout.read(rest, context)),
    ...(gather && {
      gather: {
        ...gather,
        // Rows with other tools have another prompt.
        key: (row: Row, context: Omit<RowContext, 'defaultId'>) =>
          [gather.key(withRoles(row, context.options), context), ...keysOf(inputsOf(row))].join('\n'),
        read: (rows: readonly Row[], context: RowContext, total?: number) => {
          const [first = {}, ...others] = rows.map((row) => withRoles(row, context.options))
          return readWithInputs(first, (rest) => gather.read([rest, ...others], context, total))
        },
      },
    }),
    write: ({ inputs, ...group }) =>
      layout.write(group).map((row) => (inputs === undefined || isNumbered(row) ? row : { ...row, ...inputs })),
  }
}

/** A row that represents a list has no other columns. */
const isNumbered = (row: Row): boolean => '0' in row

function readWithInputs(row: Row, read: (rest: Row) => Reading): Reading {
  if (!inputNames.some((name) => name in row)) return read(row)
  const inputs = inputsOf(row)
  const own = inputNames.filter((name) => name in row && (name in inputs || (row[name] ?? null) === null))
  if (own.length === 0) return read(row)
  const rest = Object.fromEntries(Object.entries(row).filter(([column]) => !own.some((name) => name === column)))
  const withInputs = <T extends object>(item: T | Group) =>
    'promptId' in item ? buildGroup({ ...item, inputs }) : item
  const reading = read(rest)
  return 'skipped' in reading || 'promptId' in reading ? withInputs(reading) : reading.map(withInputs)
}

const keysOf = (inputs: TemplateInputs) => (Object.keys(inputs).length === 0 ? [] : inputsKeys(inputs))

const inputNames = ['tools', 'documents', 'chat_template_kwargs'] as const

function inputsOf(row: Row): TemplateInputs {
  const tools = parsed(row['tools'])
  const documents = parsed(row['documents'])
  const variables = parsed(row['chat_template_kwargs'])
  return {
    ...(isListOfObjects(tools) ? { tools } : {}),
    ...(isListOfObjects(documents) ? { documents } : {}),
    ...(isObject(variables) ? { chat_template_kwargs: withoutNulls(variables) } : {}),
  }
}

/** Tools are often stored as JSON text, since Parquet has no type for their schemas. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value
  try {
    return parseJson(value)
  } catch {
    return value
  }
}

function isListOfObjects(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(isObject)
}

const withoutNulls = (values: Row): Row =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null))

/** The row with the roles of its messages (`role`, or `from`) renamed as `--roles` says. */
function withRoles(row: Row, { roles }: Pick<RowOptions, 'roles'>): Row {
  if (roles === undefined) return row
  const names = new Map(
    roles.map((text) => [text.slice(0, text.lastIndexOf('=')), text.slice(text.lastIndexOf('=') + 1)]),
  )
  const renamed = (value: unknown): unknown => {
    if (!Array.isArray(value)) return value
    return value.map((item: unknown) => {
      if (!isObject(item)) return renamed(item)
      const field = typeof item['role'] === 'string' ? 'role' : 'from'
      const name = names.get(String(item[field]))
      return name === undefined ? item : { ...item, [field]: name }
    })
  }
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, renamed(value)]))
}
