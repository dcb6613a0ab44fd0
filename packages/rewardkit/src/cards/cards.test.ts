import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { tinyPairs, writeChatTemplate, writeRows, writeTinyModel } from '../fixtures/tiny-model.ts'
import { watching } from '../fixtures/watching.ts'
import { evaluateOptionsSchema } from '../evaluate/evaluate-options.ts'
import { evaluateModel } from '../evaluate/evaluate.ts'
import { silentHooks } from '../events.ts'
import { type TrainInput, trainOptionsSchema } from '../train/train-options.ts'
import { train } from '../train/train.ts'

const folder = mkdtempSync(join(tmpdir(), 'cards-'))
const model = join(folder, 'base')
const data = join(folder, 'pairs `x` | <b>.jsonl')
afterAll(() => rmSync(folder, { recursive: true }))

const run = (out: string, changed: Partial<TrainInput> = {}, hooks = silentHooks) =>
  train(
    trainOptionsSchema.parse({
      model,
      data,
      out,
      batchSize: 16,
      maxSteps: 2,
      evalFraction: 0.3,
      threads: 1,
      dtype: 'float32',
      plainTexts: 'messages',
      ...changed,
    }),
    hooks,
  )
const cardOf = (out: string) => join(out, 'model', 'README.md')
const headerOf = (card: string): unknown => parse(/^---\n([\s\S]*?)\n---\n/.exec(card)?.[1] ?? '')

beforeAll(() => {
  writeTinyModel(model)
  writeChatTemplate(model, "{%- for m in messages %}{{ m.content }}<|end|> {{ 'mild' }}\n{%- endfor %}")
  writeFileSync(join(model, 'README.md'), '---\nlicense: apache-2.0\n---\n# Base\n')
  writeRows(data, tinyPairs(60))
})

describe('the card of a trained model', () => {
  const out = join(folder, 'first run')
  let card = ''
  beforeAll(async () => {
    await run(out)
    card = readFileSync(cardOf(out), 'utf8')
  })

  it('has a header as the hub reads it, with the numbers of the evaluation', () => {
    const summary: unknown = JSON.parse(readFileSync(join(out, 'evaluation', 'summary.json'), 'utf8'))
    const { accuracy, pairs } = summary as { accuracy: { value: number; low: number }; pairs: number }
    expect(headerOf(card)).toMatchObject({
      license: 'apache-2.0',
      pipeline_tag: 'text-classification',
      library_name: 'transformers',
      'model-index': [
        {
          name: 'first run',
          results: [
            {
              task: { type: 'text-classification' },
              dataset: { name: expect.stringContaining('held out (30.0 % of the prompts)') as unknown },
              metrics: expect.arrayContaining([
                { type: 'accuracy', name: 'Accuracy', value: accuracy.value },
                expect.objectContaining({ type: 'accuracy_low', value: accuracy.low }),
                expect.objectContaining({ type: 'pairs', value: pairs }),
              ]) as unknown,
            },
          ],
        },
      ],
    })
  })

  it('says in words what the numbers mean, as the summary does, and names baselines', () => {
    const summary: unknown = JSON.parse(readFileSync(join(out, 'evaluation', 'summary.json'), 'utf8'))
    const { verdict } = summary as { verdict: { sentences: string[] } }
    expect(verdict.sentences.length).toBeGreaterThan(0)
    for (const sentence of verdict.sentences) expect(card).toContain(sentence)
    expect(card).toContain("'longer wins' (95 % interval)")
  })

  it('has the same example in JavaScript and Python, for the oldest Node', () => {
    const [inJavaScript = ''] = /(?<=```js\n)[\s\S]*?(?=\n```)/.exec(card) ?? []
    expect(inJavaScript).toContain("prompt: [{ role: 'user', content: 'Name a prime.' }], response: '7'")
    expect(card).toContain('{"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "7"}')
    expect(inJavaScript).not.toContain('await using')
  })

  it('names data by file and hash, without folders, and no name of it is markup', () => {
    const record: unknown = JSON.parse(readFileSync(join(out, 'data.json'), 'utf8'))
    const { training } = record as { training: { sources: { files: { sha256: string }[] }[] } }
    expect(card).toContain(training.sources[0]?.files[0]?.sha256)
    expect(card).toContain('`pairs _x_ _ <b>.jsonl`')
    expect(card).not.toContain(folder)
    expect(card.slice(card.indexOf('\n---\n') + 5)).not.toContain('| <b>')
  })

  it('does not change what the model hashes to', async () => {
    const evaluation = join(folder, 'again')
    const options = evaluateOptionsSchema.parse({ model: out, data, out: evaluation, threads: 1 })
    const { summary } = await evaluateModel(options, silentHooks)
    const before: unknown = JSON.parse(readFileSync(join(out, 'evaluation', 'summary.json'), 'utf8'))
    expect(before).toMatchObject({ model: { sha256: summary.model?.sha256 } })
  })

  it('is written anew by a run that replaces it, unless it has become your own', async () => {
    await run(out, { overwrite: true, seed: 1 })
    expect(readFileSync(cardOf(out), 'utf8')).not.toBe(card)
    writeFileSync(cardOf(out), `${readFileSync(cardOf(out), 'utf8')}\nMine.\n`)
    await expect(run(out, { overwrite: true })).rejects.toThrow(/README\.md is your own and would be removed/)
    expect(existsSync(join(out, 'model', 'model.safetensors'))).toBe(true)
  })

  it('stays as you wrote it when a finished run is resumed', async () => {
    writeFileSync(cardOf(out), 'Mine.')
    const { hooks, logs } = watching()
    await run(out, { resume: true, seed: 1 }, hooks)
    expect(readFileSync(cardOf(out), 'utf8')).toBe('Mine.')
    expect(logs().join('\n')).toContain('README.md is yours')
  })
})

it('without held-out pairs, the card says that the model was not evaluated', async () => {
  const out = join(folder, 'not evaluated')
  await run(out, { evalFraction: undefined })
  const card = readFileSync(cardOf(out), 'utf8')
  expect(card).toContain('Not evaluated: no pairs were held out.')
  expect(headerOf(card)).not.toHaveProperty('model-index')
})

it('a head that transformers has no class for gets no program for transformers', async () => {
  const out = join(folder, 'mlp')
  await run(out, { head: 'mlp' })
  const card = readFileSync(cardOf(out), 'utf8')
  expect(card).not.toContain('AutoModelForSequenceClassification')
  expect(card).toContain('use RewardKit')
})
