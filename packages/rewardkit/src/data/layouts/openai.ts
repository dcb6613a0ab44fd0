import { buildGroup } from '../build.ts'
import { fieldError, isObject, textOrMessages } from '../fields.ts'
import { judged, otherColumns, pairsOf, isPresent, type Layout } from './layout.ts'
import { splitPair } from './pair.ts'

/**
 * OpenAI's rows for preference tuning: `input` with `messages` (and `tools`), and the messages of `preferred_output` and
 * `non_preferred_output`. What else `input` says stays in `meta`.
 */
export const openaiLayout: Layout<'openai'> = {
  name: 'openai',
  example: {
    input: {
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content: 'Hello.' },
      ],
    },
    preferred_output: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    non_preferred_output: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
  },
  recognises: (row) => isPresent(row, 'preferred_output') && isPresent(row, 'non_preferred_output'),
  read(row, { defaultId, options }) {
    const { input } = row
    if (!isObject(input)) throw fieldError('input', input, 'an object with "messages"')
    const { messages, tools, ...others } = input
    const list = Array.isArray(tools) ? tools.filter(isObject) : []
    const preference = judged(0, options)
    if ('skipped' in preference) return preference
    const rest = otherColumns(row, ['input', 'preferred_output', 'non_preferred_output'])
    return buildGroup({
      id: defaultId,
      ...splitPair(
        textOrMessages(messages, 'input.messages'),
        textOrMessages(row['preferred_output'], 'preferred_output'),
        textOrMessages(row['non_preferred_output'], 'non_preferred_output'),
      ),
      preferences: [preference],
      ...(list.length === 0 ? {} : { inputs: { tools: list } }),
      meta: Object.keys(others).length === 0 ? rest : { ...rest, input: others },
    })
  },
  write: (group) => {
    const { input, ...rest } = group.meta ?? {}
    return pairsOf(group).map(({ chosen, rejected }) => ({
      ...rest,
      input: { ...(isObject(input) ? input : {}), messages: group.prompt },
      preferred_output: chosen,
      non_preferred_output: rejected,
    }))
  },
}
