import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { buildGroup, type GroupParts } from '../build.ts'
import { degenerate } from '../degenerate.ts'
import { isObject, type Row } from '../fields.ts'
import type { Group, Preference } from '../group.ts'
import { defaultRowOptions } from '../row-options.ts'
import { isTie } from '../probability.ts'
import { judgedByScore, type Reading } from './layout.ts'

/** A group of these preferences and what is left out of it; the latter alone where no preference remains. */
export function rankedGroup(
  parts: Omit<GroupParts, 'preferences'>,
  { preferences, skipped }: ReturnType<typeof judgedByScore>,
): Reading {
  if (preferences.length > 0) return [buildGroup({ ...parts, preferences }), ...skipped]
  return skipped.length > 0 ? skipped : { skipped: 'single_response' }
}

/**
 * Scores of the responses, the higher the better, that make the preferences of a group: the first of `candidates` that
 * do, else the number of responses that are worse.
 *
 * @throws InputError if the preferences do not form a ranking, for example if pairs are missing.
 */
export function scoresOf(group: Group, candidates: readonly (readonly number[])[]): readonly number[] {
  const wins = group.responses.map(() => 0)
  for (const { chosen } of decided(group)) wins[chosen] = at(wins, chosen) + 1
  const scores = [...candidates, wins].find((candidate) => makes(candidate, group))
  if (scores) return scores
  throw new InputError('the preferences do not form a ranking of the responses, which this layout needs', {
    remedy: 'write pairs or groups',
  })
}

/** How much better than the worst response each one is, where margins say so; NaN elsewhere. */
export function marginScores(group: Group): readonly number[] {
  const preferences = decided(group)
  const better = new Set(preferences.map(({ chosen }) => chosen))
  const worst = preferences.find(({ rejected }) => !better.has(rejected))?.rejected
  // Others that are better than none are as bad as the worst.
  const scores = group.responses.map((_, index) => (better.has(index) ? NaN : 0))
  for (const { chosen, rejected, margin = NaN } of preferences) if (rejected === worst) scores[chosen] = margin
  return scores
}

function makes(scores: readonly number[], group: Group): boolean {
  if (scores.length !== group.responses.length || scores.some(Number.isNaN)) return false
  // Pairs of no use, such as two equal responses, are left out by who reads them.
  const { preferences } = judgedByScore(scores, defaultRowOptions)
  const made = pairNames(preferences.filter((preference) => degenerate(group, preference) === undefined))
  const wanted = pairNames(decided(group))
  return made.size === wanted.size && [...made].every((name) => wanted.has(name))
}

const decided = ({ preferences }: Group) => preferences.filter((preference) => !isTie(preference))

const pairNames = (preferences: readonly Preference[]) =>
  new Set(preferences.map(({ chosen, rejected }) => `${chosen} ${rejected}`))

/** What `meta` keeps of a list of objects, one for each response; empty ones where it keeps none. */
export function keptObjects({ responses, meta }: Group, name: string): Row[] {
  const value = meta?.[name]
  const list: readonly unknown[] = Array.isArray(value) && value.length === responses.length ? value : []
  return responses.map((_, index) => {
    const item = list[index]
    return isObject(item) ? item : {}
  })
}
