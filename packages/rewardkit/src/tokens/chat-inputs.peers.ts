import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createRandom, type Random } from '../random.ts'
import { type ChatRow, renderRow } from './fixtures/chat-rows.ts'
import { folderOf } from './fixtures/fixtures.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const ownPython = join(root, '.peers/bin/python')
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`chat templates with tools, reasoning and variables against transformers: REWARDKIT_SEED=${seed}`)

const { templates } = z
  .object({ templates: z.array(z.string()) })
  .parse(JSON.parse(readFileSync(new URL('fixtures/chat_inputs.json', import.meta.url), 'utf8')))

const words = [
  'city',
  'items',
  'get',
  'name',
  "it's",
  '"so"',
  'ü\n',
  '日本',
  '\u0007\\',
  '🧙\u00a0',
  '',
  '</s>',
  '{{ x }}',
]

/** Any JSON value; no number that JavaScript writes as an integer and Python as a fraction. */
function value(random: Random, depth = 0): unknown {
  const kind = random.integer(depth < 3 ? 8 : 6)
  if (kind === 0) return null
  if (kind === 1) return random.uniform() < 0.5
  if (kind === 2) return random.integer(2_000_000) - 1_000_000
  if (kind === 3) return (random.uniform() - 0.5) * 10 ** (random.integer(12) - 8)
  if (kind < 6) return text(random)
  const items = Array.from({ length: random.integer(4) }, () => value(random, depth + 1))
  return kind === 6 ? items : Object.fromEntries(items.map((item) => [text(random) || 'key', item]))
}

const text = (random: Random): string =>
  Array.from({ length: random.integer(3) + 1 }, () => words[random.integer(words.length)] ?? '').join(' ')

const fields = (random: Random, length = random.integer(4)): Record<string, unknown> =>
  Object.fromEntries(Array.from({ length }, () => [`${text(random)}x`, value(random)]))

function message(random: Random, role: string): ChatRow['messages'][number] {
  const calls = Array.from({ length: random.integer(3) }, () => ({
    id: 'c',
    function: {
      name: text(random),
      arguments: random.uniform() < 0.7 ? fields(random) : JSON.stringify(fields(random)),
    },
  }))
  return {
    role,
    content: calls.length > 0 && random.uniform() < 0.7 ? null : text(random),
    ...(role === 'assistant' && calls.length > 0 ? { tool_calls: calls } : {}),
    ...(random.uniform() < 0.3 ? { reasoning_content: text(random) } : {}),
    ...(random.uniform() < 0.2 ? { thinking: text(random) } : {}),
    ...(random.uniform() < 0.2 ? { name: text(random) } : {}),
  }
}

function row(random: Random): ChatRow {
  const roles = ['user', 'assistant', 'tool', 'assistant', 'user', 'assistant'].slice(0, 2 + random.integer(5))
  const tool = () => {
    const properties = Object.fromEntries(
      Object.keys(fields(random)).map((name) => [name, { type: ['string', 'integer', 'array'][random.integer(2)] }]),
    )
    const parameters = { type: 'object', properties, required: Object.keys(properties).slice(1) }
    return { type: 'function', function: { name: text(random), description: text(random), parameters } }
  }
  return {
    messages: [...(random.uniform() < 0.5 ? ['system'] : []), ...roles].map((role) => message(random, role)),
    ...(random.uniform() < 0.5 ? { tools: Array.from({ length: random.integer(3) }, tool) } : {}),
    ...(random.uniform() < 0.3 ? { documents: [fields(random, 2), { title: 'T', text: text(random) }] } : {}),
    ...(random.uniform() < 0.4
      ? {
          chat_template_kwargs: {
            enable_thinking: random.uniform() < 0.5,
            numbers: value(random),
            style: text(random),
          },
        }
      : {}),
  }
}

test('templates with tools, reasoning, documents and variables', () => {
  const random = createRandom(seed, 'rows')
  const rows = Array.from({ length: 300 }, () => row(random))
  const peer = fileURLToPath(new URL('fixtures/peer_chat.py', import.meta.url))
  const input = JSON.stringify({ templates, rows })
  const output = execFileSync(python, [peer, folderOf('words')], { input, encoding: 'utf8', maxBuffer: 2 ** 30 })
  const answers = z.array(z.array(z.string().nullable())).parse(JSON.parse(output))
  for (const [index, template] of templates.entries()) {
    const rendered = rows.map((one) => renderRow(template, one))
    expect(rendered, template).toEqual(answers[index])
  }
})
