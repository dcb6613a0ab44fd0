import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { evaluate, RewardModel, train } from '../index.ts'
import { watching } from '../fixtures/watching.ts'
import { writeChatTemplate, writeTinyModel } from '../fixtures/tiny-model.ts'
import { simulate } from '../simulate/index.ts'

// What a model has saved of the way it reads texts, what overrules it, and what a folder of another tool is asked for.

const folder = mkdtempSync(join(tmpdir(), 'saved-reading-'))
const untrained = join(folder, 'untrained')
const trained = join(folder, 'trained')
const { pairs } = simulate({ pairs: 24, noise: 'flip:0', lengthBias: 0, gradeNoise: 0, seed: 1 })
const turn = (role: string, content: string) => [{ role, content }]
const data = pairs.map(({ prompt, chosen, rejected }) => ({
  prompt: turn('user', prompt),
  chosen: turn('assistant', chosen),
  rejected: turn('assistant', rejected),
}))
const settings = { model: untrained, data, batchSize: 8, threads: 1, dtype: 'float32' } as const
// The tokenizer knows the words of simulated texts alone.
const [early = '', late = '', after = ''] = new Set(pairs[0]?.prompt.match(/[a-z]+/g))
const template = `{{ '${early} ' if strftime_now('%Y %B') == '2026 July' else '${late} ${late} ' }}{% for turn in messages %}{{ turn['role'] + ' ' + turn['content'] }}<|end|> ${after}{% endfor %}`
let runs = 0
const newFolder = () => join(folder, `out-${runs++}`)

function edit(file: string, change: (fields: Record<string, unknown>) => Record<string, unknown>): void {
  writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')))))
}

beforeAll(async () => {
  writeTinyModel(untrained)
  writeChatTemplate(untrained, template)
  await train({ ...settings, out: trained, templateDate: '2026-07-26' })
})
afterAll(() => rmSync(folder, { recursive: true }))

const text = (...path: string[]) => readFileSync(join(...path), 'utf8')

async function rewardsOf(model: string, more: Parameters<typeof RewardModel.load>[1] = {}) {
  const reported = watching()
  await using opened = await RewardModel.load(model, {
    threads: 1,
    dtype: 'float32',
    ...more,
    onEvent: reported.onEvent,
  })
  const items = data.slice(0, 4).map(({ prompt, chosen }) => ({ prompt, response: chosen }))
  return { ...reported, rewards: await opened.score(items) }
}

describe('the date of a chat template', () => {
  it('is saved with the model, whose template prints it on its own, and the original is kept', async () => {
    const saved = text(trained, 'model', 'chat_template.jinja')
    expect(saved.endsWith(`\n${template}`)).toBe(true)
    expect(saved).toContain('macro strftime_now')
    expect(text(trained, 'model', 'chat_template.original.jinja')).toBe(template)
    expect(JSON.parse(text(trained, 'model', 'rewardkit.json'))).toMatchObject({
      reading: { template_date: '2026-07-26' },
    })
    expect(text(trained, 'config.yaml')).toContain('template_date: 2026-07-26')
    expect(text(trained, 'model', 'reward_check.json')).toContain(`"text": "${early} user`)
    const { warnings } = await rewardsOf(trained)
    expect(warnings()).toEqual([])
  })

  it('stays that of the run which goes on', async () => {
    const out = newFolder()
    const whole = newFolder()
    const some = { ...settings, maxSteps: 3, saveEvery: 1 } as const
    const stop = new AbortController()
    const first = train({ ...some, out, templateDate: '2025-01-02', signal: stop.signal, onStep: () => stop.abort() })
    await expect(first).rejects.toThrow(/stopped|abort/)
    await train({ ...some, out, resume: true })
    await train({ ...some, out: whole, templateDate: '2025-01-02' })
    const weights = (run: string) => readFileSync(join(run, 'model', 'model.safetensors'))
    expect(weights(out).equals(weights(whole))).toBe(true)
    expect(text(out, 'model', 'reward_check.json')).toBe(text(whole, 'model', 'reward_check.json'))
  })

  it('can be another one, which is recorded', async () => {
    const saved = await rewardsOf(trained)
    const same = await rewardsOf(trained, { templateDate: '2026-07-26' })
    const other = await rewardsOf(trained, { templateDate: '2027-01-01' })
    expect(same.rewards).toEqual(saved.rewards)
    expect(other.rewards).not.toEqual(saved.rewards)
    expect(other.logs().join('\n')).toContain('templateDate 2027-01-01 (saved: 2026-07-26)')
    expect(same.logs().join('\n')).not.toContain('saved:')
  })

  it('is asked for where nothing pins it', async () => {
    const foreign = join(folder, 'foreign')
    await train({ ...settings, out: foreign, maxSteps: 1 })
    const model = join(foreign, 'model')
    writeFileSync(join(model, 'chat_template.jinja'), template)
    rmSync(join(model, 'rewardkit.json'))
    const reported = await rewardsOf(model)
    expect(reported.warnings().join('\n')).toMatch(/prints today's date, .*; templateDate: '\d{4}-\d\d-\d\d' fixes it/)
    const pinned = await rewardsOf(model, { templateDate: '2026-07-26' })
    expect(pinned.warnings().join('\n')).not.toContain('date')
  })

  it('is refused if it is not a day, and said to be without effect where no template asks', async () => {
    await expect(rewardsOf(trained, { templateDate: '2026-02-30' })).rejects.toThrow(
      'templateDate: found "2026-02-30", expected a date such as 2026-07-26',
    )
    const out = newFolder()
    await train({ ...settings, out, maxSteps: 1 })
    writeFileSync(join(out, 'model', 'chat_template.jinja'), '{{ messages[-1].content }}')
    const { warnings } = await rewardsOf(out, { templateDate: '2026-07-26' })
    expect(warnings().join('\n')).toContain('templateDate 2026-07-26 has no effect')
  })
})

describe('reading options of a saved model', () => {
  it('win unless others are given, which the evaluation records', async () => {
    const evaluated = async (more: Partial<Parameters<typeof evaluate>[0]>) => {
      const reported = watching()
      const summary = await evaluate({
        model: trained,
        data,
        out: newFolder(),
        threads: 1,
        ...more,
        onEvent: reported.onEvent,
      })
      return { ...reported, summary }
    }
    const asSaved = await evaluated({})
    expect(asSaved.summary.model).toMatchObject({ pool: 'end', template_date: '2026-07-26' })
    expect(asSaved.summary.model?.overridden).toBeUndefined()
    const given = await evaluated({ pool: 'template-end', maxLength: 2048 })
    expect(given.summary.model).toMatchObject({
      pool: 'template-end',
      overridden: { pool: { saved: 'end', given: 'template-end' } },
    })
    expect(Object.keys(given.summary.model?.overridden ?? {})).toEqual(['pool'])
    expect(given.logs().filter((line) => line.includes('pool template-end (saved: end)'))).toHaveLength(1)
    expect(given.summary.reward_margin).not.toEqual(asSaved.summary.reward_margin)
  })

  it('are asked for where transformers would read another token, and nothing is saved', async () => {
    rmSync(join(trained, 'model', 'rewardkit.json'))
    const { warnings, rewards } = await rewardsOf(trained)
    expect(warnings()).toEqual([
      expect.stringContaining(
        `here it is "<|end|>" (pool: 'end'), transformers would read "${after}" (pool: 'template-end'); give the one`,
      ),
    ])
    const given = await rewardsOf(trained, { pool: 'end' })
    expect(given.warnings()).toEqual([])
    expect(given.rewards).toEqual(rewards)
    // Where the pad token is the end token, transformers looks for the token before.
    const config = join(trained, 'model', 'config.json')
    edit(config, ({ eos_token_id, ...fields }) => ({ ...fields, eos_token_id, pad_token_id: eos_token_id }))
    writeFileSync(join(trained, 'model', 'chat_template.jinja'), template.replace(` ${after}`, ''))
    const padded = await rewardsOf(trained)
    expect(padded.warnings().join('\n')).toMatch(
      /transformers would read ".*", since its pad token "<\|end\|>" is an end token/,
    )
  })
})

describe('model and head', () => {
  it('are checked before the data are read, and a head that is missing can be drawn anew', async () => {
    const headless = join(folder, 'headless')
    cpSync(untrained, headless, { recursive: true })
    edit(join(headless, 'config.json'), (config) => ({ ...config, architectures: ['LlamaForSequenceClassification'] }))
    const noRows = () => {
      throw new Error('the data were read')
    }
    await expect(train({ ...settings, model: headless, data: noRows, out: newFolder() })).rejects.toThrow(
      /LlamaForSequenceClassification.*its weights hold no head; .*head: 'new'/,
    )
    const unread = { model: headless, data: noRows, out: newFolder() }
    await expect(evaluate(unread)).rejects.toThrow(/score.weight is missing: it is not a reward model/)
    const reported = watching()
    await train({
      ...settings,
      model: headless,
      head: 'new',
      seed: 3,
      maxSteps: 1,
      out: newFolder(),
      onEvent: reported.onEvent,
    })
    expect(reported.logs()).toContain('head: linear, drawn from seed 3')
  })
})

it('an adapter beside whole weights is warned of', async () => {
  const model = newFolder()
  cpSync(join(trained, 'model'), model, { recursive: true })
  writeFileSync(join(model, 'adapter_config.json'), '{}')
  const reported = watching()
  await train({ ...settings, model, out: newFolder(), maxSteps: 1, onEvent: reported.onEvent })
  for (const warnings of [reported.warnings(), (await rewardsOf(model)).warnings()])
    expect(warnings.filter((message) => message.includes('its adapter is not applied'))).toHaveLength(1)
})
