import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { evaluate, type PreferenceRow, RewardModel, train, type TrainSettings } from '../index.ts'
import { inspectData } from '../inspect/inspect.ts'
import { inspectOptionsSchema } from '../inspect/inspect-options.ts'
import { watching } from '../fixtures/watching.ts'
import { writeChatTemplate, writeTinyModel } from '../fixtures/tiny-model.ts'
import { simulate } from '../simulate/index.ts'

// What train, evaluate, inspect and the library say of data that a model reads otherwise than one might think.

const folder = mkdtempSync(join(tmpdir(), 'notices-'))
const untrained = join(folder, 'untrained')
const trained = join(folder, 'trained')
const { pairs } = simulate({ pairs: 24, noise: 'flip:0', lengthBias: 0, gradeNoise: 0, seed: 1 })
const settings = { model: untrained, batchSize: 8, threads: 1, dtype: 'float32' } as const
const template = "{% for turn in messages %}{{ turn['role'] + ' ' + turn['content'] }}<|end|>{% endfor %}"
let runs = 0
const newFolder = () => join(folder, `out-${runs++}`)

beforeAll(async () => {
  writeTinyModel(untrained)
  writeChatTemplate(untrained, template)
  await train({ ...settings, data: conversations, out: trained })
})
afterAll(() => rmSync(folder, { recursive: true }))

const plain = pairs.map(({ prompt, chosen, rejected }) => ({ prompt, chosen, rejected }))
const turn = (role: string, content: string) => [{ role, content }]
const conversations = plain.map(({ prompt, chosen, rejected }) => ({
  prompt: turn('user', prompt),
  chosen: turn('assistant', chosen),
  rejected: turn('assistant', rejected),
}))

async function trainedOn(data: readonly PreferenceRow[], more: Partial<TrainSettings> = {}) {
  const reported = watching()
  const out = newFolder()
  const result = await train({ ...settings, data, out, ...more, onEvent: reported.onEvent })
  return { ...reported, result }
}

async function evaluatedOn(data: readonly PreferenceRow[]) {
  const reported = watching()
  const summary = await evaluate({ model: trained, data, out: newFolder(), threads: 1, onEvent: reported.onEvent })
  return { ...reported, summary }
}

async function inspected(data: readonly PreferenceRow[], more: object = {}) {
  const reported = watching()
  const file = join(folder, `inspected-${runs++}.jsonl`)
  writeFileSync(file, data.map((row) => JSON.stringify(row)).join('\n'))
  const options = inspectOptionsSchema.parse({ data: file, model: untrained, ...more })
  const found = await inspectData(options, reported.hooks)
  return { ...reported, found }
}

const whole = plain.map(({ prompt, chosen, rejected }) => ({
  chosen: `${prompt} ${chosen}`,
  rejected: `${prompt} ${rejected}`,
}))
const joined = (rows: string) =>
  new RegExp(`${rows}plain texts, which are joined verbatim, without the model's chat template; .*plain.?texts`, 'i')
const withoutPrompt = (rows: string) => new RegExp(`${rows}texts without a prompt, which are read verbatim`)

describe('plain texts for a model with a chat template', () => {
  const data = [...plain.slice(0, 6), ...whole.slice(6, 10)]

  it('are reported in the same words by train, evaluate and inspect, with counts', async () => {
    for (const reported of [await trainedOn(data), await evaluatedOn(data), await inspected(data)]) {
      expect(reported.warnings()).toHaveLength(2)
      expect(reported.warnings()[0]).toMatch(joined('6 rows of '))
      expect(reported.warnings()[1]).toMatch(withoutPrompt('4 rows of '))
    }
  })

  it('are reported once by a model that scores and ranks', async () => {
    const reported = watching()
    const model = await RewardModel.load(trained, { threads: 1, onEvent: reported.onEvent })
    const [first, second] = plain
    await model.score([{ prompt: first?.prompt, response: first?.chosen ?? '' }])
    await model.rank(second?.prompt ?? '', [second?.chosen ?? '', second?.rejected ?? ''])
    await model.score([{ response: whole[0]?.chosen ?? '' }])
    await model.close()
    expect(reported.warnings()).toHaveLength(2)
    expect(reported.warnings()[0]).toMatch(joined('^'))
    expect(reported.warnings()[0]).toContain("plainTexts: 'messages'")
    expect(reported.warnings()[1]).toMatch(withoutPrompt('^'))
  })

  it('are refused with a misspelt name, and conversations that end with the user are reported once', async () => {
    const reported = watching()
    const model = await RewardModel.load(trained, { threads: 1, onEvent: reported.onEvent })
    const misspelt = [{ promt: 'Hi', response: 'a' }]
    await expect(model.score(misspelt)).rejects.toThrow(
      /^item 0: found a column "promt" and no "prompt"; did you mean prompt\?$/,
    )
    const response = [...turn('user', 'Hi'), ...turn('assistant', 'Hello'), ...turn('user', 'Thanks')]
    await model.score([{ response }, { response }])
    await model.close()
    expect(reported.warnings().filter((line) => line.includes("ends with the user's turn"))).toHaveLength(1)
  })

  it('are what a model expects that was trained on them, which its folder says; messages are not', async () => {
    const { result } = await trainedOn(plain)
    const saved: unknown = JSON.parse(readFileSync(join(result.out, 'model', 'rewardkit.json'), 'utf8'))
    expect(saved).toMatchObject({ trained_on: { joined: plain.length } })
    const reported = watching()
    const model = await RewardModel.load(result.out, { threads: 1, onEvent: reported.onEvent })
    const [first] = plain
    await model.rank(first?.prompt ?? '', [first?.chosen ?? '', first?.rejected ?? ''])
    expect(reported.warnings()).toEqual([])
    await model.rank(turn('user', first?.prompt ?? ''), [turn('assistant', first?.chosen ?? '')])
    await expect(model.rank(turn('usr', 'Hi'), ['a'])).rejects.toThrow('found the role "usr", expected one of system')
    await model.close()
    expect(reported.warnings()).toEqual([expect.stringContaining('the model was trained on plain texts')])
  })

  it('are said nothing of where they are read as turns, and where there are none', async () => {
    expect((await trainedOn(plain, { plainTexts: 'messages' })).warnings()).toEqual([])
    expect((await inspected(conversations)).warnings()).toEqual([])
    expect((await evaluatedOn(conversations)).warnings()).toEqual([])
  })

  it('inspect says of each how it is read', async () => {
    const { found } = await inspected([...conversations.slice(10, 12), ...data])
    expect(found.tokens?.read_as).toEqual({ template: 2, joined: 6, whole: 4 })
    expect((await inspected(data, { plainTexts: 'messages' })).found.tokens?.read_as).toEqual({ template: 6, whole: 4 })
  })
})

describe('columns that no layout reads', () => {
  const data = plain.map(({ prompt, ...pair }) => ({ ...pair, question: prompt, rater: 3 }))

  it('are named by train, evaluate and inspect, and the one that looks like a prompt is reported', async () => {
    const runsOfAll = [await trainedOn(data), await evaluatedOn(data)]
    for (const reported of runsOfAll)
      expect(reported.logs().filter((line) => line.endsWith(': columns not read: question, rater'))).toHaveLength(1)
    for (const reported of [...runsOfAll, await inspected(data)])
      expect(reported.warnings().join('\n')).toMatch(
        /no prompt was found in 24 rows.*"question".*columns: \['prompt=question'\]/,
      )
    expect((await inspected(data)).found.columns_not_read).toEqual({ question: 24, rater: 24 })
  })
})

describe('probability', () => {
  const [one, two, three] = conversations
  const tie = { ...one, probability: 0.5 } as PreferenceRow
  const turned = { ...two, probability: 0.25 } as PreferenceRow
  const rest = conversations.slice(3)

  it('of 0.5 is not a preference to an objective that does not read it; other ones count in full, said once', async () => {
    const losses: number[] = []
    const onStep: TrainSettings['onStep'] = (step) => void losses.push(step.objective_loss)
    const { logs, warnings } = await trainedOn([tie, turned, ...rest], { onStep })
    expect(logs().join('\n')).toMatch(/23 pairs read, 22 to train on, 1 dropped \(1 tie\)/)
    expect(logs().join('\n')).toMatch(/1 pair with a probability below 0.5 was turned round/)
    expect(warnings().join('\n')).toMatch(
      /1 pair has a probability between 0.5 and 1, which bradley-terry does not use/,
    )
    const swapped = { ...two, chosen: two?.rejected, rejected: two?.chosen } as PreferenceRow
    await trainedOn([swapped, ...rest], { onStep })
    // The two runs differ in the order of two responses alone: in rounding.
    expect(losses).toHaveLength(6)
    for (const [step, loss] of losses.slice(0, 3).entries()) expect(loss).toBeCloseTo(at(losses, step + 3), 6)
  })

  it('of 0.5 is a tie to soft labels, and left out of what a custom objective sees unless it reads it', async () => {
    const soft = [tie, turned, ...rest.map((row) => ({ ...row, probability: 1 }))]
    const read = await trainedOn(soft, { objective: 'soft-label' })
    expect(read.logs().join('\n')).toMatch(/23 pairs read, 23 to train on/)
    let seen = 0
    const own = await trainedOn([tie, turned, ...rest], {
      objective: (rewards) => {
        seen += rewards.chosen.length
        return { loss: 0, chosenGradient: rewards.chosen.map(() => 0), rejectedGradient: rewards.chosen.map(() => 0) }
      },
    })
    expect(own.logs().join('\n')).toMatch(/22 to train on, 1 dropped \(1 tie\)/)
    expect(seen).toBe(22)
  })

  it('of 0.5 counts in no accuracy, and below it the other response is the better one', async () => {
    const { summary, logs } = await evaluatedOn([tie, turned])
    expect(logs().join('\n')).toMatch(/2 pairs read, 1 to evaluate on, 1 dropped \(1 tie\)/)
    const { summary: swapped } = await evaluatedOn([
      { ...two, chosen: two?.rejected, rejected: two?.chosen } as PreferenceRow,
    ])
    expect(summary).toMatchObject({ read: 2, pairs: 1, dropped: { tie: 1 } })
    expect(summary.accuracy.value).toBe(swapped.accuracy.value)
    expect(summary.reward_margin.mean).toBe(swapped.reward_margin.mean)
    await expect(evaluatedOn([{ ...three, probability: 0.5 } as PreferenceRow])).rejects.toThrow(
      /no pair is left to evaluate on, 1 dropped \(1 tie\)/,
    )
  })
})

describe('a row that the model cannot read', () => {
  const picky = join(folder, 'picky')
  const data = [
    conversations[0],
    { ...conversations[1], prompt: [...turn('system', 'brief'), ...(conversations[1]?.prompt ?? [])] },
    { ...conversations[2], chosen: turn('assistant', 'the <|extra|> word') },
    ...conversations.slice(3),
  ] as PreferenceRow[]

  beforeAll(() => {
    // A template that refuses system turns, and a token beyond the last embedding.
    cpSync(trained, picky, { recursive: true })
    const model = join(picky, 'model')
    const edit = (name: string, change: (value: Record<string, unknown>) => object) => {
      const path = join(model, name)
      writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))))
    }
    const { vocab_size: size } = JSON.parse(readFileSync(join(model, 'config.json'), 'utf8')) as { vocab_size: number }
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: false }
    edit('tokenizer.json', (value) => ({
      ...value,
      added_tokens: [...(value['added_tokens'] as object[]), { id: size, content: '<|extra|>', ...flags }],
    }))
    rmSync(join(model, 'chat_template.jinja'), { force: true })
    edit('tokenizer_config.json', (value) => ({
      ...value,
      chat_template: `{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turns') }}{% endif %}${template}`,
    }))
  })

  it('stops with its file and line, or is skipped, counted by its reason and listed', async () => {
    const model = join(picky, 'model')
    await expect(trainedOn(data, { model })).rejects.toThrow(
      /^data, line 2: .*no system turns\); onError: 'skip' leaves such rows out$/,
    )
    const { logs, warnings, result } = await trainedOn(data, { model, onError: 'skip' })
    expect(logs().join('\n')).toMatch(
      /24 pairs read, 22 to train on, 2 dropped \(1 refused_by_template, 1 unknown_token\)/,
    )
    expect(result.steps).toBe(3)
    expect(warnings()).toHaveLength(1)
    expect(warnings()[0]).toMatch(
      /2 rows were skipped \(onError: 'skip'\):\n  .*line 2: .*no system turns.*\n  .*line 3: the text holds "<\|extra\|>", token \d+, for which the model has no embedding/,
    )
  })

  it('is met in the same way by evaluate and inspect, and has an error of its own in scores', async () => {
    const reported = watching()
    const summary = await evaluate({ model: picky, data, out: newFolder(), onError: 'skip', onEvent: reported.onEvent })
    expect(summary).toMatchObject({ read: 24, pairs: 22, dropped: { refused_by_template: 1, unknown_token: 1 } })
    expect(reported.warnings()[0]).toMatch(/2 rows were skipped/)
    const { found, warnings } = await inspected(data, { model: join(picky, 'model'), onError: 'skip' })
    expect(found.tokens).toMatchObject({ pairs: 22, dropped: { refused_by_template: 1, unknown_token: 1 } })
    expect(warnings()[0]).toMatch(/2 rows were skipped/)
    const scorer = await RewardModel.load(picky, { threads: 1 })
    await expect(scorer.score([{ response: 'the <|extra|> word' }])).rejects.toThrow(
      /item 0: the text holds "<\|extra\|>"/,
    )
    await expect(scorer.score([{ response: '' }])).rejects.toThrow(/item 0: .*no token that the model could read/)
    await scorer.close()
  })
})

describe('a prompt that is trained on and held out', () => {
  it('is reported, and so are its user turns under another system turn', async () => {
    const [first, second, third] = conversations
    const under = (row: typeof first) => ({ ...row, prompt: [...turn('system', 'brief'), ...(row?.prompt ?? [])] })
    const evalData = [first, under(second), under(third)] as PreferenceRow[]
    const { warnings } = await trainedOn(conversations, { evalData })
    expect(warnings()).toEqual([
      expect.stringMatching(/1 of 3 rows of evalData \(33.3 %\) have a prompt that is also in data:/),
      expect.stringMatching(
        /2 of 3 rows of evalData \(66.7 %\) have the user turns of a prompt in data, with another system turn/,
      ),
    ])
  })
})

it('a misspelt role is reported in the same words by train, evaluate and inspect, with a model or without', async () => {
  const data = conversations.map((row, index) =>
    index < 3 ? { ...row, chosen: [{ ...at(row.chosen, 0), role: 'assistnat' }] } : row,
  )
  for (const reported of [
    await trainedOn(data),
    await evaluatedOn(data),
    await inspected(data),
    await inspected(data, { model: undefined }),
  ])
    expect(reported.warnings()).toEqual([
      expect.stringMatching(
        /: found the role assistnat \(3 rows\), expected system.*; roles: \['assistnat=assistant'\] reads/,
      ),
    ])
  expect((await inspected(data, { model: undefined, roles: ['assistnat=assistant'] })).warnings()).toEqual([])
})
