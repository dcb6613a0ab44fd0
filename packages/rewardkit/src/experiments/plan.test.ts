import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { openHub, unreachableEndpoint } from '../hub/fixtures/open.ts'
import { fetchSplitSize } from '../hub/index.ts'
import { experimentOptionsSchema } from './experiment-options.ts'
import { experimentFolder } from './fixtures/fake-runs.ts'
import { publishedModels, publishedRepositories } from './fixtures/published.ts'
import { planExperiment } from './plan.ts'

const card = `---
license: mit
dataset_info:
  features: [{ name: chosen, dtype: string }]
  splits:
    - { name: train, num_bytes: 40000000, num_examples: 10000 }
    - { name: test, num_bytes: 4000000, num_examples: 1000 }
---
# Pairs
`
const repositories = {
  ...publishedRepositories,
  'datasets/some/sized': { files: { 'README.md': card, 'train.jsonl': 'rows that are never fetched' } },
  'datasets/some/unsized': { files: { 'README.md': '---\nlicense: mit\n---\n', 'train.jsonl': 'x' } },
}

const before = { ...process.env }
afterEach(() => {
  for (const name of ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_HOME', 'HF_HUB_OFFLINE'])
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
})

async function hub() {
  const opened = await openHub(repositories)
  const { endpoint, cache } = opened.settings
  Object.assign(process.env, { HF_ENDPOINT: endpoint, HF_HUB_CACHE: cache, HF_HOME: cache })
  return opened.hub
}

const plan = (
  yaml: string,
  given: { speed?: number; shard?: string } = { speed: 1e12 },
  measure = () => Promise.resolve(2e12),
) => {
  const { file, out, folder } = experimentFolder(yaml)
  writeFileSync(
    join(folder, 'pairs.jsonl'),
    `${JSON.stringify({ prompt: 'p'.repeat(400), chosen: 'c'.repeat(200), rejected: 'r'.repeat(200) })}\n`.repeat(3),
  )
  return planExperiment(experimentOptionsSchema.parse({ file, out, ...given }), measure, silentHooks)
}

const grid = (models: readonly string[], data: string, more = '') =>
  `models: ${JSON.stringify(models)}\ndata: [{ name: d, data: '${data}', test: '${data}' }]\nobjectives: [bradley-terry, adaptive-margin]\noptions: { batch_size: 128 }\n${more}`

describe('planExperiment', () => {
  it('counts the weights of published models by their config.json alone', async () => {
    const seen = await hub()
    const { models, unchecked } = await plan(grid(Object.keys(publishedModels), 'some/sized'))
    const counted = Object.values(publishedModels).map(
      ({ total, output, config }) => total - output + config.hidden_size,
    )
    expect(models.map(({ parameters }) => parameters)).toEqual(counted)
    expect(unchecked).toEqual([])
    const fetched = seen.requests.map(({ path }) => path).filter((path) => path.includes('/resolve/'))
    expect(fetched.length).toBeGreaterThan(0)
    expect(fetched.filter((path) => !/(config\.json|README\.md)$/.test(path))).toEqual([])
  })

  it('takes rows and tokens from the card, and adds up steps, operations and hours', async () => {
    await hub()
    const { cells, parts, hours, speed } = await plan(grid(['EleutherAI/pythia-410m'], 'some/sized', 'seeds: [0, 1]\n'))
    expect([cells, speed]).toEqual([4, { operationsPerSecond: 1e12, isMeasured: false }])
    // 10,000 rows of 4,000 bytes are 1,000 tokens each; 79 steps of 128.
    expect(parts[0]).toMatchObject({ cells: 4, pairs: 10_000, testPairs: 1000, steps: 79, tokens: 1e7 })
    // Pythia's paper: 302,311,424 weights apart from embeddings; the final norm has 2,048 of them.
    const operations = 4 * (302_311_424 - 2048) * (6 * 1e7 + 2 * 1e6)
    expect(parts[0]?.operations).toBeCloseTo(operations, -3)
    expect(hours).toBeCloseTo(operations / 1e12 / 3600, 6)
  })

  it('computes frozen layers once for all cells of a model and data set', async () => {
    await hub()
    const yaml = grid(['EleutherAI/pythia-410m'], 'some/sized').replace('batch_size: 128', 'train: head')
    const { parts } = await plan(yaml)
    expect(parts[0]?.operations).toBeCloseTo((302_311_424 - 2048) * 2 * 1.1e7, -3)
  })

  it('reads local files, and parts them as a split does', async () => {
    await hub()
    const yaml = grid(['EleutherAI/pythia-410m'], 'pairs.jsonl').replace(/test: '[^']*'/, 'split: { test: 0.34 }')
    const { parts } = await plan(yaml)
    // (400 + 200 + 200) characters are 200 tokens.
    expect(parts[0]).toMatchObject({ pairs: 2, testPairs: 1, tokens: 400, steps: 1 })
  })

  it('lists names that cannot be checked, and takes rows that the file counts', async () => {
    await hub()
    const yaml = grid(['EleutherAI/pythia-410m', 'some/missing'], 'some/unsized')
    const { parts, models, unchecked, hours } = await plan(yaml)
    expect(models.map(({ parameters }) => parameters === null)).toEqual([false, true])
    expect(unchecked[0]).toMatch(/^data some\/unsized: its card does not say how many rows it has$/)
    expect(unchecked[1]).toMatch(/^model some\/missing: .*some\/missing/)
    expect([parts[0]?.pairs, parts[0]?.operations, hours]).toEqual([null, null, null])
    const counted = await plan(
      yaml.replace("test: 'some/unsized'", "test: 'some/unsized', rows: { train: 256, test: 10 }"),
    )
    expect(counted.parts[0]).toMatchObject({ pairs: 256, steps: 2, testPairs: 10, tokens: 256 * 500 })
  })

  it('works without a network, and says what could not be checked', async () => {
    await hub()
    process.env['HF_ENDPOINT'] = await unreachableEndpoint()
    const { unchecked, cells } = await plan(grid(['EleutherAI/pythia-410m'], 'some/sized'))
    expect(cells).toBe(2)
    expect(unchecked).toHaveLength(2)
  })

  it('measures the machine where no speed is given, or says why it cannot', async () => {
    await hub()
    const yaml = grid(['EleutherAI/pythia-410m'], 'some/sized')
    expect((await plan(yaml, {})).speed).toEqual({ operationsPerSecond: 2e12, isMeasured: true })
    const failing = () => Promise.reject(new Error('libtorch is missing'))
    const { speed, hours, unchecked } = await plan(yaml, {}, failing)
    expect([speed, hours]).toEqual([null, null])
    expect(unchecked).toEqual(['the speed of this machine: libtorch is missing'])
  })

  it('plans the cells of one shard', async () => {
    await hub()
    const yaml = grid(['EleutherAI/pythia-410m'], 'some/sized', 'seeds: [0, 1, 2]\n')
    expect((await plan(yaml, { speed: 1e12, shard: '1/4' })).cells).toBe(2)
  })
})

it('a card with several configs says the size of the one that is named', async () => {
  const info = (config: string, rows: number) =>
    `  - { config_name: ${config}, splits: [{ name: train, num_bytes: 10, num_examples: ${rows} }] }\n`
  const { settings } = await openHub({
    'datasets/some/several': { files: { 'README.md': `---\ndataset_info:\n${info('a', 1)}${info('b', 2)}---\n` } },
    'datasets/some/odd': { files: { 'README.md': '---\ndataset_info: nothing\n---\n' } },
  })
  const size = (name: string) => fetchSplitSize(name, ['train'], silentHooks, settings)
  expect(await size('some/several:b')).toEqual({ config: 'b', split: 'train', rows: 2, bytes: 10 })
  expect(await size('some/several')).toBeNull()
  expect(await size('some/several:b#test')).toBeNull()
  expect(await size('some/odd')).toBeNull()
})
