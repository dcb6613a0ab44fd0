import { InputError } from '../../errors.ts'
import { buildGroup, contentOf } from '../build.ts'
import { fieldError, optionalName } from '../fields.ts'
import type { Message } from '../group.ts'
import { comparisonsOf, isPresent, judged, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { isWantedLanguage } from './language.ts'

const own = ['prompt', 'chosen', 'rejected']

/**
 * tasksource/oasst1_pairwise_rlhf_reward: pairs from OASST1 whose prompt is one text, "prompter: ...\nassistant:
 * ...\nprompter: ...". Of the ranks only their order is left, so there is no margin. `lang` is the subset.
 */
export const oasstPairsLayout: Layout<'oasst-pairs'> = {
  name: 'oasst-pairs',
  example: { lang: 'en', parent_id: 'm', prompt: 'prompter: Hi', chosen: 'Hello.', rejected: 'What?' },
  recognises: ({ prompt, ...row }) =>
    typeof prompt === 'string' &&
    prompt.startsWith('prompter: ') &&
    isPresent(row, 'parent_id') &&
    isPresent(row, 'chosen'),
  read(row, { defaultId, options }) {
    const prompt = turnsOf(textField(row, 'prompt'))
    const responses = [textField(row, 'chosen'), textField(row, 'rejected')]
    if (!isWantedLanguage(row, 'lang', options)) return { skipped: 'language' }
    const preference = judged(0, options)
    if ('skipped' in preference) return preference
    return buildGroup({
      id: optionalName(row, 'parent_id') ?? defaultId,
      form: 'messages',
      prompt,
      responses: responses.map((content) => [{ role: 'assistant', content }]),
      preferences: [preference],
      subset: optionalName(row, 'lang'),
      meta: otherColumns(row, own),
    })
  },
  write: (group) =>
    comparisonsOf(group).flatMap(({ responses, better }) => {
      if (better === null) return []
      const [chosen, rejected] = better === 0 ? responses : responses.toReversed()
      return {
        ...(group.subset === undefined ? {} : { lang: group.subset }),
        parent_id: group.id,
        ...otherColumns(group.meta ?? {}, own),
        prompt: promptOf(group.prompt),
        chosen: singleText(chosen ?? [], 'chosen response'),
        rejected: singleText(rejected ?? [], 'rejected response'),
      }
    }),
}

const roleMarker = /(?:^|\n)(prompter|assistant): /g

/**
 * The turns of a prompt. A message may itself hold a line that begins like a turn, which the text does not tell apart.
 * What is known: the prompt opens with the prompter, the roles alternate, and the last turn is the prompter's. So a
 * marker opens a turn where it changes the role, and not where it would leave the assistant as the last one. However the
 * text is cut, `promptOf` puts it together again exactly.
 */
function turnsOf(prompt: string): Message[] {
  const cuts: { role: string; start: number; content: number }[] = []
  for (const { 0: marker, 1: role = '', index } of prompt.matchAll(roleMarker)) {
    const expected = cuts.length % 2 === 0 ? 'prompter' : 'assistant'
    const isStart = cuts.length > 0 || index + marker.length === 'prompter: '.length
    if (role === expected && isStart) cuts.push({ role, start: index, content: index + marker.length })
  }
  if (cuts.length % 2 === 0) cuts.pop()
  if (cuts.length === 0) throw fieldError('prompt', prompt, 'turns that begin with "prompter: "')
  return cuts.map(({ role, content }, index) => ({
    role: role === 'prompter' ? 'user' : role,
    content: prompt.slice(content, cuts[index + 1]?.start ?? prompt.length),
  }))
}

function promptOf(prompt: readonly Message[]): string {
  const isHeld =
    prompt.length % 2 === 1 && prompt.every(({ role }, at) => role === (at % 2 === 0 ? 'user' : 'assistant'))
  if (!isHeld)
    throw new InputError(
      `the prompt has ${prompt.length === 0 ? 'no turn' : `the turns ${prompt.map(({ role }) => role).join(', ')}`}; this layout holds alternating turns of user and assistant, from the user to the user`,
      { remedy: 'write pairs or groups' },
    )
  return prompt
    .map((message) => `${message.role === 'user' ? 'prompter' : message.role}: ${contentOf(message)}`)
    .join('\n')
}
