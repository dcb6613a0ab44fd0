import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { encodeGroup, type EncodeOptions } from './encode.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'

const messagesSchema = z.array(z.object({ role: z.string(), content: z.string() }))
const caseSchema = z.object({
  messages: messagesSchema,
  rendered: z.string(),
  ids: z.array(z.number()),
  /** Where the sequence must end. */
  pooled: z.number(),
})
const formats = z
  .record(z.string(), z.object({ tokenizer: z.unknown(), config: z.unknown(), cases: z.array(caseSchema) }))
  .parse(JSON.parse(readFileSync(new URL('fixtures/chats.json', import.meta.url), 'utf8')))

const root = mkdtempSync(join(tmpdir(), 'chats-'))
afterAll(() => rmSync(root, { recursive: true }))

async function encode(messages: z.infer<typeof messagesSchema>, tokenizer: Tokenizer, pool: EncodeOptions['pool']) {
  const parts = { prompt: messages.slice(0, -1), responses: [messages.slice(-1)], preferences: [] }
  const group = { id: 'one', promptId: 'one', form: 'messages', ...parts } as const
  const encoded = await encodeGroup(group, tokenizer, { maxLength: 2048, ...(pool && { pool }) })
  if ('dropped' in encoded) throw new Error(encoded.dropped)
  return [...encoded.prefix, ...(encoded.branches[0] ?? [])]
}

describe.each(Object.entries(formats))('the chat format of %s', (name, { tokenizer: state, config, cases }) => {
  const load = () => {
    const folder = mkdtempSync(join(root, `${name}-`))
    writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(state))
    writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(config))
    return loadTokenizer(folder)
  }

  test('is rendered as transformers renders it', async () => {
    const { chat } = await load()
    expect(cases.map(({ messages }) => chat?.render(messages))).toEqual(cases.map(({ rendered }) => rendered))
  })

  test('has the ids of transformers and ends at its end token', async () => {
    const tokenizer = await load()
    for (const { messages, ids, pooled } of cases) {
      expect(await encode(messages, tokenizer, 'template-end')).toEqual(ids)
      expect(await encode(messages, tokenizer, 'end')).toEqual(ids.slice(0, pooled + 1))
    }
  })
})
