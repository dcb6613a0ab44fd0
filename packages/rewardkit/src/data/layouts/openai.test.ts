import { expect, test } from 'vitest'
import { groupsOf } from './fixtures/round-trip.ts'
import { openaiLayout } from './openai.ts'

const row = {
  input: {
    messages: [{ role: 'user', content: 'Why?' }],
    tools: [{ type: 'function', function: { name: 'look' } }],
    parallel_tool_calls: true,
  },
  preferred_output: [{ role: 'assistant', content: 'So.' }],
  non_preferred_output: [{ role: 'assistant', content: 'No.' }],
}

test("OpenAI's preference rows are pairs, with their tools, and are written as they came", () => {
  expect(openaiLayout.recognises(row)).toBe(true)
  const groups = groupsOf(openaiLayout, [row])
  expect(groups[0]).toMatchObject({
    form: 'messages',
    prompt: row.input.messages,
    responses: [row.preferred_output, row.non_preferred_output],
    preferences: [{ chosen: 0, rejected: 1 }],
    inputs: { tools: row.input.tools },
    meta: { input: { parallel_tool_calls: true } },
  })
  const { tools: _, ...input } = row.input
  expect(groups.flatMap((group) => openaiLayout.write(group))).toEqual([{ ...row, input }])
  expect(() => groupsOf(openaiLayout, [{ ...row, input: 'Why?' }])).toThrow('field "input": found text "Why?"')
})
