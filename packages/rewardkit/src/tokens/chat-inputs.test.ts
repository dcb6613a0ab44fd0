import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { chatRowSchema, renderRow } from './fixtures/chat-rows.ts'

const { templates, rows, rendered } = z
  .object({
    templates: z.array(z.string()),
    rows: z.array(chatRowSchema),
    rendered: z.array(z.array(z.string().nullable())),
  })
  .parse(JSON.parse(readFileSync(new URL('fixtures/chat_inputs.json', import.meta.url), 'utf8')))

test.each(templates.map((template, index) => ({ template, expected: rendered[index] })))(
  'renders $template as transformers does',
  ({ template, expected }) => {
    expect(rows.map((row) => renderRow(template, row))).toEqual(expected)
  },
)
