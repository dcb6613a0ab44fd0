import { resolve, sep } from 'node:path'
import type { z } from 'zod'
import { InputError, located } from '../errors.ts'
import { flagOf } from '../option-schemas.ts'
import { type OptionSources, mergeOptions } from './merge-options.ts'
import { createTerminal } from './terminal.ts'

/** A verb of the command: a thin shell over a function of the library. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly example: string
  readonly schema: z.ZodObject
  /** The key whose values follow the verb without a flag. */
  readonly positional?: string
  /** Runs the command and returns its exit code. */
  readonly execute: (sources: OptionSources) => Promise<number>
}

interface Definition<S extends z.ZodObject> extends Omit<Command, 'execute' | 'schema'> {
  readonly schema: S
  readonly run: (options: z.output<S>) => Promise<number>
}

/** A verb whose options are resolved and checked before it runs. */
export function command<S extends z.ZodObject>({ run, ...rest }: Definition<S>): Command {
  const execute = async (sources: OptionSources): Promise<number> => {
    const options = mergeOptions(rest.schema, sources)
    try {
      return await run(options)
    } catch (error) {
      throw error instanceof InputError ? withOption(error, options) : error
    }
  }
  return { ...rest, execute }
}

/** An error about a place that cannot be written, with the option in front that named it. */
function withOption(error: InputError, options: Readonly<Record<string, unknown>>): InputError {
  if (error.about?.kind !== 'unwritable') return error
  const { path: place } = error.about
  const isPart = (outer: string, inner: string) => `${resolve(inner)}${sep}`.startsWith(`${resolve(outer)}${sep}`)
  for (const name of ['out', 'html']) {
    const value = options[name]
    if (typeof value !== 'string' || !(isPart(value, place) || isPart(place, value))) continue
    return located(resolve(value) === resolve(place) ? flagOf(name) : `${flagOf(name)} ${value}`, error)
  }
  return error
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Runs a job in the compute thread with its progress on standard error. */
export async function withTerminal<T>(work: (terminal: ReturnType<typeof createTerminal>) => Promise<T>): Promise<T> {
  const terminal = createTerminal(process.stderr)
  try {
    return await work(terminal)
  } finally {
    terminal.finish()
  }
}
