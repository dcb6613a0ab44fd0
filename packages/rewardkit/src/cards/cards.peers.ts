import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { tinyPairs, writeChatTemplate, writeTinyModel } from '../fixtures/tiny-model.ts'
import { RewardModel, train } from '../index.ts'

const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)

const root = mkdtempSync(join(tmpdir(), 'cards-peers-'))
afterAll(() => rmSync(root, { recursive: true }))

/** What the card's program prints is the reward of its example; other examples take its place. */
function rewardsByCard(model: string, calls: readonly unknown[]): number[] {
  const card = readFileSync(join(model, 'README.md'), 'utf8')
  const [program = ''] = card.match(/(?<=```python\n)[\s\S]*?(?=\n```)/g) ?? []
  const lines = program.split('\n').filter((line) => !line.startsWith('print('))
  const script = [
    ...lines,
    'import json, sys',
    'print(json.dumps([reward(one) for one in json.load(sys.stdin)]))',
  ].join('\n')
  const output = execFileSync(python, ['-c', script], { cwd: model, input: JSON.stringify(calls), encoding: 'utf8' })
  return JSON.parse(output) as number[]
}

const pairs = tinyPairs(24)
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((x, i) => Math.abs(x - (b[i] ?? NaN))))

describe('the program of a model card gives RewardKit’s rewards with transformers', () => {
  const templates = {
    'an end token and more': "{%- for m in messages %}{{ m.content }}<|end|> {{ 'mild' }}\n{%- endfor %}",
    'an end token alone': '{%- for m in messages %}{{ m.content }}<|end|>{%- endfor %}',
    'no end token': '{%- for m in messages %}{{ m.content }} {%- endfor %}',
    'no template': null,
  }
  it.each(Object.entries(templates))('template with %s', async (name, template) => {
    const base = join(root, name)
    writeTinyModel(base, { initializerRange: 0.2 })
    if (template !== null) writeChatTemplate(base, template)
    const out = join(root, `run of ${name}`)
    const rows = pairs.map(({ prompt, chosen, rejected }) => ({
      prompt: [{ role: 'user', content: prompt }],
      chosen: [{ role: 'assistant', content: chosen }],
      rejected: [{ role: 'assistant', content: rejected }],
    }))
    await train({ model: base, data: rows, out, maxSteps: 1, threads: 1, dtype: 'float32' })
    const reward = await RewardModel.load(out, { threads: 1, dtype: 'float32' })
    const ours = await reward.score(rows.map(({ prompt, chosen }) => ({ prompt, response: chosen })))
    await reward.close()
    const theirs = rewardsByCard(
      join(out, 'model'),
      rows.map(({ prompt, chosen }) => [...prompt, ...chosen]),
    )
    expect(distance(ours, theirs)).toBeLessThan(1e-4)
    expect(Math.max(...ours) - Math.min(...ours)).toBeGreaterThan(0.01)
  })

  it('plain texts, joined', async () => {
    const base = join(root, 'plain')
    writeTinyModel(base, { initializerRange: 0.2 })
    const out = join(root, 'run of plain')
    await train({ model: base, data: pairs, out, maxSteps: 1, threads: 1, dtype: 'float32' })
    const reward = await RewardModel.load(out, { threads: 1, dtype: 'float32' })
    const ours = await reward.score(pairs.map(({ prompt, chosen }) => ({ prompt, response: chosen })))
    await reward.close()
    const theirs = rewardsByCard(
      join(out, 'model'),
      pairs.map(({ prompt, chosen }) => prompt + chosen),
    )
    expect(distance(ours, theirs)).toBeLessThan(1e-4)
  })
})

it('huggingface_hub reads the results of a card', async () => {
  const base = join(root, 'for the hub')
  writeTinyModel(base)
  const out = join(root, 'run for the hub')
  await train({ model: base, data: pairs, out, maxSteps: 1, evalFraction: 0.3, threads: 1 })
  const script = join(root, 'read_card.py')
  writeFileSync(
    script,
    [
      'import json, sys',
      'from huggingface_hub import ModelCard',
      'data = ModelCard.load(sys.argv[1]).data',
      'print(json.dumps([data.pipeline_tag, [[one.metric_type, one.metric_value] for one in data.eval_results]]))',
    ].join('\n'),
  )
  const found: unknown = JSON.parse(
    execFileSync(python, [script, join(out, 'model', 'README.md')], { encoding: 'utf8' }),
  )
  const summary: unknown = JSON.parse(readFileSync(join(out, 'evaluation', 'summary.json'), 'utf8'))
  const { accuracy } = summary as { accuracy: { value: number } }
  expect(found).toEqual(['text-classification', expect.arrayContaining([['accuracy', accuracy.value]])])
})
