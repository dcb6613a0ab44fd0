import { InputError } from '../../errors.ts'
import { buildGroup, contentOf } from '../build.ts'
import { numberError, optionalName, optionalNumber, type Row } from '../fields.ts'
import type { Group, Message } from '../group.ts'
import type { RowOptions } from '../row-options.ts'
import {
  type Comparison,
  comparisonsOf,
  isPresent,
  judged,
  otherColumns,
  type Layout,
  singleText,
  textField,
} from './layout.ts'
import { isWantedLanguage } from './language.ts'
import { assistantMessage, promptMessages } from './messages.ts'

/**
 * HelpSteer2-Preference (nvidia/HelpSteer2, folder preference). `preference_strength` is -3 to 3. Below 0 response 1 is
 * better, above 0 response 2 is (the annotators' words in the rows say so), and 0 is a tie. The margin is its size.
 * About 29 % of the prompts are several turns in one text, with a line "<extra_id_1>Assistant" or "<extra_id_1>User"
 * between them; they become messages.
 */
export const helpsteer2Layout: Layout<'helpsteer2'> = {
  name: 'helpsteer2',
  example: { split: 'train', prompt: 'Hi', response_1: 'a', response_2: 'b', preference_strength: 1 },
  recognises: (row) =>
    ['prompt', 'response_1', 'response_2', 'preference_strength'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const prompt = turnsOf(textField(row, 'prompt'))
    const columns = ['response_1', 'response_2', 'preference_strength'] as const
    const parts = comparisonOf(row, columns, options)
    if ('skipped' in parts) return parts
    return buildGroup({ id: defaultId, prompt, ...parts, meta: otherColumns(row, ['prompt', ...columns]) })
  },
  write: (group) =>
    comparisonsOf(group).map((comparison) => ({
      ...group.meta,
      prompt: writtenTurns(group),
      response_1: singleText(comparison.responses[0], 'first response'),
      response_2: singleText(comparison.responses[1], 'second response'),
      preference_strength: strengthOf(comparison),
    })),
}

/**
 * HelpSteer3-Preference (nvidia/HelpSteer3, folder preference): a conversation in `context` and two responses.
 * `overall_preference` is -3 (response 1 is much better) to 3 (response 2 is), 0 a tie; the margin is its size. `domain`
 * is the subset. `language`, which `--languages` looks at, is an English name in lower case, and a programming language
 * in the code domain.
 */
export const helpsteer3Layout: Layout<'helpsteer3'> = {
  name: 'helpsteer3',
  example: {
    domain: 'general',
    context: [{ role: 'user', content: 'Hi' }],
    response1: 'a',
    response2: 'b',
    overall_preference: -1,
  },
  recognises: (row) =>
    ['context', 'response1', 'response2', 'overall_preference'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const prompt = promptMessages(row, 'context')
    if (!isWantedLanguage(row, 'language', options)) return { skipped: 'language' }
    const columns = ['response1', 'response2', 'overall_preference'] as const
    const parts = comparisonOf(row, columns, options)
    if ('skipped' in parts) return parts
    return buildGroup({
      id: defaultId,
      prompt,
      ...parts,
      subset: optionalName(row, 'domain'),
      meta: otherColumns(row, ['context', 'domain', ...columns]),
    })
  },
  write: (group) =>
    comparisonsOf(group).map((comparison) => ({
      ...group.meta,
      ...(group.subset === undefined ? {} : { domain: group.subset }),
      context: group.prompt,
      response1: singleText(comparison.responses[0], 'first response'),
      response2: singleText(comparison.responses[1], 'second response'),
      overall_preference: strengthOf(comparison),
    })),
}

function comparisonOf(row: Row, [first, second, field]: readonly [string, string, string], options: RowOptions) {
  const responses = [first, second].map((column) => assistantMessage(textField(row, column)))
  const strength = optionalNumber(row, field, -3, 3)
  if (strength === undefined) throw numberError(field, row[field], 'a number between -3 and 3')
  const better = strength < 0 ? 0 : 1
  const preference = judged(strength === 0 ? null : better, options, Math.abs(strength))
  if ('skipped' in preference) return preference
  return { form: 'messages' as const, responses, preferences: [preference] }
}

/** The nearest of the steps 1 to 3; 1 where there is no margin. */
function strengthOf({ better, margin = 1 }: Comparison): number {
  if (better === null) return 0
  const size = Math.min(3, Math.max(1, Math.round(margin)))
  return better === 0 ? -size : size
}

const turnMarker = /\n<extra_id_1>(User|Assistant)\n/

function turnsOf(text: string): Message[] {
  const [first = '', ...others] = text.split(turnMarker)
  const messages: Message[] = [{ role: 'user', content: first }]
  for (let i = 0; i < others.length; i += 2)
    messages.push({ role: others[i] === 'User' ? 'user' : 'assistant', content: others[i + 1] ?? '' })
  return messages
}

function writtenTurns({ prompt }: Group): string {
  return prompt
    .map((message, index) => {
      const { role } = message
      const content = contentOf(message)
      if (index === 0 && role === 'user') return content
      if (index > 0 && role === 'user') return `\n<extra_id_1>User\n${content}`
      if (index > 0 && role === 'assistant') return `\n<extra_id_1>Assistant\n${content}`
      throw new InputError(`found a prompt with the role "${role}" at turn ${index + 1}; this layout has not`, {
        remedy: 'write pairs or groups',
      })
    })
    .join('')
}
