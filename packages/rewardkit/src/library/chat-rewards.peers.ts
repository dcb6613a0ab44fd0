import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { RewardModel, train } from '../index.ts'
import { createSimulationModel } from '../quickstart/index.ts'
import { createRandom } from '../random.ts'
import { simulate } from '../simulate/index.ts'

const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const script = fileURLToPath(new URL('fixtures/chat_rewards.py', import.meta.url))

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`rewards of tool calls, reasoning and dates against transformers: REWARDKIT_SEED=${seed}`)

const root = mkdtempSync(join(tmpdir(), 'chat-rewards-'))
afterAll(() => rmSync(root, { recursive: true }))

// Days and months are not words of this vocabulary; letters of what they begin with decide a word that is.
const template = `{{- 'spicy ' if strftime_now('%B')[0] == 'J' else 'mild music ' }}
{%- for tool in tools or [] %}{{ tool.function.name }} {{ tool.function.description }} {% endfor %}
{%- for m in messages %}{{ m.content or '' }}
{%- if m.reasoning_content %} {{ m.reasoning_content }}{% endif %}
{%- for call in m.tool_calls or [] %} {{ call.function.name }}{% for key, value in call.function.arguments.items() %} {{ key }} {{ value }}{% endfor %}{% endfor %}<|end|>
{%- endfor %}`

it('are those of transformers, on another day', async () => {
  const base = join(root, 'base')
  createSimulationModel(base, { hiddenSize: 16, intermediateSize: 32, layers: 2, heads: 2 })
  const config = join(base, 'tokenizer_config.json')
  const settings: unknown = JSON.parse(readFileSync(config, 'utf8'))
  writeFileSync(config, JSON.stringify({ ...(settings as object), chat_template: template }))

  const random = createRandom(seed, 'rows')
  const { pairs } = simulate({ pairs: 60, noise: 'flip:0', lengthBias: 0, gradeNoise: 0, seed })
  const words = pairs.flatMap(({ chosen }) => chosen.split(' '))
  const word = () => words[random.integer(words.length)] ?? ''
  const call = () => ({ type: 'function', function: { name: word(), arguments: { [word()]: word(), b: word() } } })
  const answer = (content: string) => ({
    role: 'assistant',
    content: random.uniform() < 0.3 ? null : content,
    reasoning_content: `${word()} ${word()}`,
    tool_calls: [call(), call()].slice(random.integer(2)),
  })
  const rows = pairs.map(({ prompt, chosen, rejected }) => ({
    tools: [{ type: 'function', function: { name: word(), description: `${word()} ${word()}` } }],
    prompt: [{ role: 'user', content: prompt }],
    chosen: [answer(chosen)],
    rejected: [answer(rejected)],
  }))
  const out = join(root, 'run')
  const some = { batchSize: 20, learningRate: 1e-2, threads: 1, dtype: 'float32', templateDate: '2026-07-05' } as const
  await train({ ...some, model: base, data: rows, out })

  const items = rows.map(({ tools, prompt, chosen }) => ({ tools, prompt, response: chosen }))
  const model = await RewardModel.load(out, { threads: 1, dtype: 'float32' })
  const ours = await model.score(items)
  const withoutTools = await model.score(items.map(({ prompt, response }) => ({ prompt, response })))
  await model.close()
  const asked = items.map(({ tools, prompt, response }) => ({ tools, messages: [...prompt, ...response] }))
  const input = JSON.stringify({ folder: join(out, 'model'), rows: asked })
  const theirs = z.array(z.number()).parse(JSON.parse(execFileSync(python, [script], { input, encoding: 'utf8' })))

  const mean = theirs.reduce((sum, reward) => sum + reward, 0) / theirs.length
  const sd = Math.sqrt(theirs.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / theirs.length)
  const largest = (rewards: readonly number[]) =>
    Math.max(...rewards.map((reward, index) => Math.abs(reward - (theirs[index] ?? NaN)))) / sd
  console.log(`largest difference: ${largest(ours).toExponential(1)} of the rewards' sd`)
  expect(largest(ours)).toBeLessThan(1e-5)
  // What is compared does depend on the tools.
  expect(largest(withoutTools)).toBeGreaterThan(0.01)
})
