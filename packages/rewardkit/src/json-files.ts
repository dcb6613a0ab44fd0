import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { StringDecoder } from 'node:string_decoder'
import type { z } from 'zod'

import { InputError } from './errors.ts'

const restore = 'restore the file that rewardkit wrote'

/**
 * The content of a JSON file.
 * @throws {InputError} where it is not JSON, or not what it should be
 */
export function readJson<T>(path: string, schema: z.ZodType<T>, remedy = restore): T {
  return checked(path, parsed(path, readText(path), remedy), schema, remedy)
}

/**
 * The text of a file.
 * @throws {InputError} where it cannot be read
 */
export const readText = (path: string): string => reading(path, () => readFileSync(path, 'utf8'))

function reading<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EACCES' || code === 'EPERM')
      throw new InputError(`${path}: not readable`, { remedy: 'grant read permission', cause: error })
    if (code === 'EISDIR')
      throw new InputError(`${path}: it is a folder, where a file was expected`, { remedy: restore, cause: error })
    throw error
  }
}

/**
 * The checked lines of a file, one after the other, so that a file of any length takes little memory. A last line that
 * has no end and is not whole, as while a run writes it, is left out and told.
 * @throws {InputError} where a line is not what it should be
 */
export function* readLines<T>(
  path: string,
  schema: z.ZodType<T>,
  { onCut, remedy = restore }: { readonly onCut?: () => void; readonly remedy?: string } = {},
): Generator<T> {
  let number = 0
  for (const { text, hasEnd } of linesOf(path)) {
    number += 1
    if (text.trim() === '') continue
    const place = `${path}, line ${number}`
    if (hasEnd || isJson(text)) yield checked(place, parsed(place, text, remedy), schema, remedy)
    else onCut?.()
  }
}

function* linesOf(path: string): Generator<{ readonly text: string; readonly hasEnd: boolean }> {
  const file = reading(path, () => openSync(path, 'r'))
  try {
    const decoder = new StringDecoder('utf8')
    const buffer = Buffer.alloc(1 << 20)
    let rest = ''
    const next = () => reading(path, () => readSync(file, buffer))
    for (let read = next(); read > 0; read = next()) {
      const lines = (rest + decoder.write(buffer.subarray(0, read))).split('\n')
      rest = lines.pop() ?? ''
      for (const text of lines) yield { text, hasEnd: true }
    }
    if (rest !== '') yield { text: rest, hasEnd: false }
  } finally {
    closeSync(file)
  }
}

/**
 * A value as the schema has it.
 * @throws {InputError} that names the place and the field
 */
export function checked<T>(place: string, value: unknown, schema: z.ZodType<T>, remedy = restore): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.')
  const where = field ? `field ${field}: ` : ''
  throw new InputError(`${place}: ${where}${issue?.message ?? 'unexpected content'}`, { remedy })
}

function parsed(place: string, text: string, remedy: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new InputError(`${place}: is not JSON (${firstLine(error)})`, { remedy })
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** What an error says, without what comes after its first line. */
export function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/:$/, '') ?? ''
}
