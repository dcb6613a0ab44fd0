import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { InputError, RewardKitError } from '../errors.ts'
import { hasHubPrefix, isHubName } from '../hub/hub-names.ts'
import { nearestName } from '../nearest.ts'
import { commandOptions, refusal } from '../option-schemas.ts'

/**
 * The options of a call with every default filled in.
 * @throws InputError for an unknown option, a value that the schema refuses, and a missing option
 */
export function parseOptions<S extends z.ZodObject>(schema: S, given: Readonly<Record<string, unknown>>): z.output<S> {
  const options = new Map(commandOptions(schema).map((option) => [option.key, option]))
  // Left away and undefined are the same.
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const name of Object.keys(values)) {
    if (options.has(name)) continue
    const near = nearestName(name, [...options.keys()])
    throw new InputError(`${name}: unknown option`, {
      remedy: near ? `did you mean ${near}?` : `choose one of ${[...options.keys()].join(', ')}`,
    })
  }
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = String(issue?.path[0] ?? '')
  const option = options.get(name)
  if (!issue || !option) throw new InputError(inLibraryWords(issue?.message ?? 'the options do not fit together'))
  if (!(name in values)) throw new InputError(`${name}: missing; expected ${option.description}`)
  throw refusal(option.shape, name, values[name], issue)
}

/**
 * A program means a path by a name without `hub:`: a path that is missing is never looked for at the hub.
 * @param names what options of a call name, by the option
 * @throws InputError
 */
export function refuseHubGuesses(names: Readonly<Record<string, unknown>>): void {
  for (const [option, name] of Object.entries(names)) {
    if (typeof name !== 'string' || hasHubPrefix(name) || existsSync(name) || !isHubName(name)) continue
    const kind = option === 'model' ? 'folder' : 'file or folder'
    throw new InputError(`${option} ${name}: no such ${kind}`, {
      remedy: `for the Hugging Face hub, write hub:${name}`,
    })
  }
}

/**
 * `--batch-size`, as the command says it, becomes `batchSize`; two hyphens within a path or a name stay.
 * @param names texts to replace: file names by the names of options
 */
export function inLibraryWords(text: string, names: Readonly<Record<string, string>> = {}): string {
  const words = text.replaceAll(/(?<=^|[\s(])--([a-z]+(?:-[a-z]+)*)/g, (_, name: string) =>
    name.replaceAll(/-([a-z])/g, (__, letter: string) => letter.toUpperCase()),
  )
  return Object.entries(names).reduce((named, [file, name]) => named.replaceAll(file, name), words)
}

/**
 * An error in the words of the library: options by their names in code, and a spooled file as the rows that it holds.
 * @param names texts to replace: file names by the names of options
 */
export function libraryError(error: unknown, names: Readonly<Record<string, string>> = {}): unknown {
  if (!(error instanceof RewardKitError)) return error
  const inWords = (text: string): string => inLibraryWords(text, names)
  const { problem, message, remedy } = error
  return Object.assign(error, {
    problem: inWords(problem),
    message: inWords(message),
    remedy: remedy === undefined ? undefined : inWords(remedy),
  })
}
