import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { evaluate, type PreferenceRow, RewardModel, train } from '../index.ts'
import { writeChatTemplate, writeTinyModel } from '../fixtures/tiny-model.ts'

// Messages with more than a role and a content, and what else a chat template reads, in train, evaluate and the library.

const folder = mkdtempSync(join(tmpdir(), 'messages-'))
const untrained = join(folder, 'untrained')
const trained = join(folder, 'trained')
const template = `{% for tool in tools or [] %}{{ tool.name }} {% endfor %}{% if brief %}quiet {% endif %}
{%- for m in messages %}{{ m.role }} {{ m.content }}
{%- for call in m.tool_calls %} {{ call.arguments.food }}{% endfor %}<|end|>{% endfor %}`

const prompt = [{ role: 'user', content: 'Please plan a family dinner.' }]
const call = (food: string) => [{ role: 'assistant', content: null, tool_calls: [{ arguments: { food } }] }]
const row = { prompt, chosen: call('mild'), rejected: call('spicy'), tools: [{ name: 'music' }] }
const rows: PreferenceRow[] = Array.from({ length: 8 }, (_, id) => ({ ...row, id, chat_template_kwargs: { loud: id } }))

async function warned(run: (onEvent: (event: { kind: string; message?: string }) => void) => Promise<unknown>) {
  const messages: string[] = []
  await run(({ kind, message }) => kind === 'warning' && message !== undefined && messages.push(message))
  return messages.filter((message) => message.includes('does not read'))
}

beforeAll(() => {
  writeTinyModel(untrained)
  writeChatTemplate(untrained, template)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a model whose template reads tools and calls', () => {
  it('is trained and evaluated on pairs that differ in calls alone', async () => {
    const settings = { model: untrained, batchSize: 4, threads: 1, dtype: 'float32' } as const
    const unread = 'the chat template does not read chat_template_kwargs.loud (8 rows)'
    expect(await warned((onEvent) => train({ ...settings, data: rows, out: trained, onEvent }))).toEqual([
      expect.stringContaining(unread),
    ])
    const out = join(folder, 'evaluation')
    let pairs = 0
    const reported = await warned(async (onEvent) => {
      pairs = (await evaluate({ model: trained, data: rows, out, threads: 1, onEvent })).pairs
    })
    expect(reported).toEqual([expect.stringContaining(unread)])
    expect(pairs).toBe(8)
  })

  it('scores and ranks with them', async () => {
    await using model = await RewardModel.load(trained, { threads: 1, dtype: 'float32' })
    const response = call('mild')
    const given = [{}, { tools: [{ name: 'music' }] }, { chat_template_kwargs: { brief: true } }, { tools: [] }]
    const rewards = await model.score(given.map((inputs) => ({ prompt, response, ...inputs })))
    expect(new Set(rewards.slice(0, 3)).size).toBe(3)
    expect(rewards[3]).toBeCloseTo(at(rewards, 0), 5)
    const { ranking } = await model.rank(prompt, [call('spicy'), response], { tools: [{ name: 'music' }] })
    expect(ranking.find(({ index }) => index === 1)?.reward).toBeCloseTo(at(rewards, 1), 5)
    await expect(model.score([{ prompt, response, tools: ['music'] }])).rejects.toThrow(
      'item 0: tools: found object, expected a list of objects',
    )
  })
})
