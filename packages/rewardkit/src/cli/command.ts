import type { z } from 'zod'
import type { Event, Hooks } from '../events.ts'
import { exitCodes } from './exit-codes.ts'
import { type OptionSources, resolveOptions } from './resolve.ts'
import { createTerminal } from './terminal.ts'

/** A verb of the command: a thin shell over a function of the library. */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly example: string
  readonly schema: z.ZodObject
  /** The key whose values stand behind the verb without a flag. */
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
  return { ...rest, execute: async (sources) => run(resolveOptions(rest.schema, sources)) }
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

/** Runs work of this thread with its progress on standard error. The first SIGINT or SIGTERM asks it to stop, the second ends at once. */
export async function withInterrupts<T>(work: (hooks: Hooks) => Promise<T>): Promise<T> {
  let isStopping = false
  return withTerminal(async ({ onEvent }) => {
    const stop = () => {
      if (isStopping) process.exit(exitCodes.interrupted)
      isStopping = true
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
    try {
      return await work({ onEvent: (event: Event) => onEvent(event), shouldStop: () => isStopping })
    } finally {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    }
  })
}
