import { at } from '../at.ts'
import { contentOf, conversationKey, otherFields } from './build.ts'
import type { Group, Message, Preference } from './group.ts'

/** Why a preference is of no use: nothing to tell apart, nothing to read or to answer, or it shall not count. */
export type DropReason = 'identical_responses' | 'empty_response' | 'empty_prompt' | 'zero_weight'

/** Why a preference is left out, whatever the options; undefined where it is usable. */
export function degenerate(group: Group, preference: Preference): DropReason | undefined {
  const chosen = at(group.responses, preference.chosen)
  const rejected = at(group.responses, preference.rejected)
  if (preference.weight === 0) return 'zero_weight'
  if (asksNothing(group)) return 'empty_prompt'
  if (endsEmpty(chosen) || endsEmpty(rejected)) return 'empty_response'
  const isSame = conversationKey(chosen) === conversationKey(rejected)
  return isSame ? 'identical_responses' : undefined
}

/** True for a user's prompt that says nothing; transcripts are read unchanged. */
function asksNothing({ form, prompt }: Group): boolean {
  const isAsked = form !== 'transcript' && prompt.some(({ role }) => role === 'user')
  return isAsked && prompt.every((message) => !saysSomething(message))
}

/** True if the last turn, the one that is judged, says nothing. */
function endsEmpty(response: readonly Message[]): boolean {
  const last = response.at(-1)
  return last === undefined || !saysSomething(last)
}

/** A message says something by its content, or by a field such as `tool_calls`; names and ids do not count. */
export function saysSomething(message: Message): boolean {
  return (
    contentOf(message).trim() !== '' ||
    Object.entries(otherFields(message)).some(([name, value]) => !/^(name|.*_?id)$/.test(name) && !isEmpty(value))
  )
}

const isEmpty = (value: unknown): boolean =>
  value === '' || value === false || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
