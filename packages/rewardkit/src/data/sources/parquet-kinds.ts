import type { SchemaElement } from 'hyparquet'
import { isObject } from '../fields.ts'

/** What the values of a column have been so far; `json` is what has no type in Parquet: texts and lists in turn, say. */
export type Kind =
  | { readonly kind: 'null' | 'boolean' | 'integer' | 'number' | 'text' | 'json' }
  | { readonly kind: 'list'; readonly item: Kind }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Kind> }

export const unknownKind: Kind = { kind: 'null' }
const json: Kind = { kind: 'json' }

/** The kind that holds the values so far and this one. Returns the same object where nothing changes. */
export function widened(kind: Kind, value: unknown): Kind {
  if (value === null || value === undefined || kind.kind === 'json') return kind
  if (Array.isArray(value)) return widenedByList(kind, value)
  if (isObject(value)) return widenedByStruct(kind, value)
  const own =
    typeof value === 'number' ? (Number.isSafeInteger(value) ? 'integer' : 'number') : scalarKinds[typeof value]
  if (own === undefined) return json
  if (kind.kind === own) return kind
  if (kind.kind === 'null') return { kind: own }
  if (kind.kind === 'number' && own === 'integer') return kind
  return kind.kind === 'integer' && own === 'number' ? { kind: 'number' } : json
}

const scalarKinds: Readonly<Record<string, 'boolean' | 'text' | undefined>> = { boolean: 'boolean', string: 'text' }

function widenedByList(kind: Kind, values: readonly unknown[]): Kind {
  if (kind.kind !== 'null' && kind.kind !== 'list') return json
  const before = kind.kind === 'list' ? kind.item : unknownKind
  const item = values.reduce(widened, before)
  return kind.kind === 'list' && item === before ? kind : { kind: 'list', item }
}

/** Structs have the same fields in all rows: objects that differ in theirs, as in `meta`, stay JSON. */
function widenedByStruct(kind: Kind, value: Readonly<Record<string, unknown>>): Kind {
  const names = Object.keys(value)
  if (names.length === 0 || (kind.kind !== 'null' && kind.kind !== 'struct')) return json
  const before = kind.kind === 'struct' ? kind.fields : new Map(names.map((name) => [name, unknownKind]))
  if (before.size !== names.length || !names.every((name) => before.has(name))) return json
  const fields = new Map([...before].map(([name, field]) => [name, widened(field, value[name])]))
  const same = kind.kind === 'struct' && [...before].every(([name, field]) => fields.get(name) === field)
  return same ? kind : { kind: 'struct', fields }
}

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } } as const
/** A column without any value, too, is text. */
const types = {
  boolean: { type: 'BOOLEAN' },
  integer: { type: 'INT64' },
  number: { type: 'DOUBLE' },
  text,
  null: text,
  json: { type: 'BYTE_ARRAY', converted_type: 'JSON' },
} as const

/** The elements of Parquet's schema for a column: lists in the three levels that all readers know. */
export function schemaElements(name: string, kind: Kind): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const
  if (kind.kind === 'list')
    return [
      { ...optional, converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...schemaElements('element', kind.item),
    ]
  if (kind.kind === 'struct')
    return [
      { ...optional, num_children: kind.fields.size },
      ...[...kind.fields].flatMap(([field, inner]) => schemaElements(field, inner)),
    ]
  return [{ ...optional, ...types[kind.kind] }]
}

/** A value as the writer wants it: 64-bit integers are BigInt. */
export function columnValue(kind: Kind, value: unknown): unknown {
  if (kind.kind === 'integer' && typeof value === 'number') return BigInt(value)
  if (kind.kind === 'list' && Array.isArray(value)) return value.map((item) => columnValue(kind.item, item))
  if (kind.kind === 'struct' && isObject(value))
    return Object.fromEntries([...kind.fields].map(([name, field]) => [name, columnValue(field, value[name])]))
  return value ?? null
}
