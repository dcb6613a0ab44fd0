import { counted } from '../counted.ts'
import { nearestName } from '../nearest.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'
import { saysSomething } from './degenerate.ts'
import type { Group } from './group.ts'

/** Roles that chat templates know. Data may have others, but most often they are misspelt. */
export const knownRoles = [
  'system',
  'developer',
  'user',
  'assistant',
  'tool',
  'function',
  'observation',
  'ipython',
] as const

export const isKnownRole = (role: string): boolean => knownRoles.some((known) => known === role)

/** Roles with the number of rows that have them. */
export type RoleRows = readonly { readonly name: string; readonly rows: number }[]

/** The roles of messages that say something. */
export function rolesOf({ prompt, responses }: Group): string[] {
  const messages = [...prompt, ...responses.flat()].filter(saysSomething)
  return [...new Set(messages.map(({ role }) => role))]
}

/** The setting that reads a role as the one it probably should be: `assistnat=assistant`; `bot=ROLE` if none is near. */
export const renaming = (role: string): Phrase =>
  phrase`${settings({ roles: [`${role}=${nearestKnown(role) ?? 'ROLE'}`] })}`

const nearestKnown = (role: string): string | undefined => nearestName(role, knownRoles)

/** `the role assistnat (3 rows)`. */
export const listedRoles = (roles: RoleRows): string =>
  `the ${roles.length === 1 ? 'role' : 'roles'} ${roles.map(({ name, rows }) => `${name} (${counted(rows, 'row')})`).join(', ')}`

/** What to say of roles that are not known, of which only those are listed; undefined if all are known. */
export function unknownRolesMessage(roles: RoleRows): Phrase | undefined {
  const unknown = roles.filter(({ name }) => !isKnownRole(name))
  const first = unknown.find(({ name }) => nearestKnown(name) !== undefined) ?? unknown[0]
  return (
    first &&
    phrase`found ${listedRoles(unknown)}, expected ${knownRoles.join(', ')}; ${renaming(first.name)} reads ${first.name} as ${nearestKnown(first.name) ?? 'another role'}`
  )
}

/** Counts the rows of each role. */
export function createRoleTally() {
  const rows = new Map<string, number>()
  return {
    add(group: Group): void {
      for (const role of rolesOf(group)) rows.set(role, (rows.get(role) ?? 0) + 1)
    },
    message: (): Phrase | undefined => unknownRolesMessage([...rows].map(([name, count]) => ({ name, rows: count }))),
  }
}
