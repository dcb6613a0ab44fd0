import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { InputError } from '../errors.ts'
import { hasHubPrefix, isHubName } from '../hub/hub-names.ts'
import { nearestName } from '../nearest.ts'
import { commandOptions, complaint, flagOf, refusal } from '../option-schemas.ts'
import { ourNameFor } from '../other-names.ts'
import { phrase } from '../phrase.ts'

/**
 * The options of a call with every default filled in.
 * @throws InputError for an unknown option, a value that the schema refuses, and a missing option
 */
export function parseOptions<S extends z.ZodObject>(schema: S, given: Readonly<Record<string, unknown>>): z.output<S> {
  const options = new Map(commandOptions(schema).map((option) => [option.key, option]))
  // Left away and undefined are the same.
  const values = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const name of Object.keys(values)) {
    if (!options.has(name)) throw unknownOption(name, [...options.keys()])
  }
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = String(issue?.path[0] ?? '')
  const option = options.get(name)
  if (!issue || !option) throw new InputError(issue ? complaint(issue) : 'the options do not fit together')
  if (!(name in values)) throw new InputError(`${name}: missing; expected ${option.description}`)
  throw refusal(option.shape, name, values[name], issue)
}

/** An option that is not one of `keys`: it may be in the spelling of a file, another trainer's, or mistyped. */
function unknownOption(name: string, keys: readonly string[]): InputError {
  const ours = ourNameFor(name, keys)
  if (ours) return new InputError(phrase`${name} is ${ours} here`)
  const near = keys.find((key) => flagOf(key) === flagOf(name)) ?? nearestName(name, keys)
  return new InputError(`${name}: unknown option`, {
    remedy: near ? `did you mean ${near}?` : `choose one of ${keys.join(', ')}`,
  })
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
