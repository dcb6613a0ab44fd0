import { conversationKey } from './build.ts'
import type { Group, Message, Preference } from './group.ts'

/** Why a preference is of no use: nothing to tell apart, nothing to read or to answer, or it shall not count. */
export type DropReason = 'identical_responses' | 'empty_response' | 'empty_prompt' | 'zero_weight'

/** Why a preference is left out, whatever the options; undefined where it is of use. */
export function degenerate(group: Group, preference: Preference): DropReason | undefined {
  const chosen = group.responses[preference.chosen] ?? []
  const rejected = group.responses[preference.rejected] ?? []
  if (preference.weight === 0) return 'zero_weight'
  if (asksNothing(group)) return 'empty_prompt'
  if (endsEmpty(chosen) || endsEmpty(rejected)) return 'empty_response'
  const isSame = conversationKey(chosen) === conversationKey(rejected)
  return isSame ? 'identical_responses' : undefined
}

/** True for a prompt of the user's that says nothing; transcripts are read as they came. */
function asksNothing({ form, prompt }: Group): boolean {
  const isAsked = form !== 'transcript' && prompt.some(({ role }) => role === 'user')
  return isAsked && prompt.every(({ content }) => content.trim() === '')
}

/** True if the last turn, the one that is judged, says nothing. */
function endsEmpty(response: readonly Message[]): boolean {
  return (response.at(-1)?.content ?? '').trim() === ''
}
