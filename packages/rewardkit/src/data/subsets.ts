import { InputError } from '../errors.ts'
import { option, phrase } from '../phrase.ts'
import { nearestName } from '../nearest.ts'
import type { Group } from './group.ts'
import type { RowOptions } from './row-options.ts'

/** Subsets that are kept in mind, and those that a message lists. */
const mostKept = 1000
const mostListed = 20

/** Watches for subsets that are asked for and never come. */
export function createSubsetWatch() {
  const wanted = new Set<string>()
  const unseen = new Set<string>()
  const known = new Set<string>()
  return {
    add({ subset }: Group, { subsets }: RowOptions): void {
      if (subsets === undefined) return
      for (const name of subsets) {
        if (wanted.has(name)) continue
        wanted.add(name)
        if (!known.has(name)) unseen.add(name)
      }
      if (subset === undefined) return
      unseen.delete(subset)
      if (known.size < mostKept) known.add(subset)
    },
    /** @throws InputError for a subset that no row was of, with those that there are */
    refuseUnknown(name: string): void {
      const [missing] = unseen
      if (missing === undefined) return
      const names = [...known].toSorted()
      const more = names.length > mostListed ? ` and ${names.length - mostListed} more` : ''
      const found = names.length === 0 ? 'rows name no subset' : `only ${names.slice(0, mostListed).join(', ')}${more}`
      const near = nearestName(missing, names)
      throw new InputError(phrase`${name}: ${option('subsets')}: found no subset "${missing}", ${found}`, {
        remedy: near === undefined ? undefined : `did you mean ${near}?`,
      })
    },
  }
}
