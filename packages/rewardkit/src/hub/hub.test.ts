import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { resolveDataset } from './dataset.ts'
import { folders, madeUpBytes, model, one, train } from './fixtures/repositories.ts'
import { watching } from '../fixtures/watching.ts'
import { blobsOf, fetchOne, openHub, transfers, unreachableEndpoint } from './fixtures/open.ts'
import { commitOf, type FakeRepository, validToken } from './fixtures/server.ts'
import { fetchModel } from './fetch-model.ts'

const splits = ['train']

describe('what is fetched', () => {
  it('is in the cache in the layout of the Python library', async () => {
    const { settings } = await openHub()
    const { files, origin } = await fetchOne(settings)
    const commit = commitOf(one.files)
    const snapshot = join(settings.cache, 'datasets--some--one', 'snapshots', commit)
    expect(files).toEqual([{ path: join(snapshot, 'train.jsonl'), name: 'train.jsonl' }])
    expect(readFileSync(join(snapshot, 'train.jsonl'))).toEqual(train)
    const [file] = origin.files
    expect(origin).toMatchObject({ repository: 'some/one', commit, config: null, split: 'train', licence: 'mit' })
    expect(file).toMatchObject({ name: 'train.jsonl', bytes: 50_000 })
    expect(readlinkSync(join(snapshot, 'train.jsonl'))).toBe(join('..', '..', 'blobs', file?.etag ?? ''))
    expect(readFileSync(join(settings.cache, 'datasets--some--one', 'refs', 'main'), 'utf8')).toBe(commit)
    expect(readdirSync(blobsOf(settings)).filter((name) => name.includes('incomplete'))).toEqual([])
  })

  it('is fetched once: a second call asks only for the commit', async () => {
    const { hub, settings } = await openHub()
    await fetchOne(settings)
    hub.requests.length = 0
    await fetchOne(settings)
    expect(hub.requests.map((request) => request.path)).toEqual(['/api/datasets/some/one/revision/main'])
    hub.requests.length = 0
    await resolveDataset(`some/one@${commitOf(one.files)}`, { splits, settings }, silentHooks)
    expect(hub.requests).toEqual([])
  })

  it('shares what did not change between two commits', async () => {
    const { hub, settings } = await openHub()
    await fetchOne(settings)
    hub.repositories = { 'datasets/some/one': { files: { ...one.files, 'README.md': 'changed' } } }
    hub.requests.length = 0
    const { origin } = await fetchOne(settings)
    expect(origin.licence).toBeNull()
    expect(transfers(hub)).toEqual([])
  })

  it('is reported: config, split, revision, commit and licence', async () => {
    const { settings } = await openHub()
    const { events, hooks } = watching()
    await resolveDataset('some/folders:helpful-base#test', { splits, settings }, hooks)
    const logs = events.flatMap((event) => (event.kind === 'log' ? [event.message] : []))
    expect(logs).toEqual([
      `data set some/folders: config helpful-base, split test, revision main (commit ${commitOf(folders.files)}); 1 file, 0.0 MB; licence: mit (${settings.endpoint}/datasets/some/folders)`,
    ])
  })

  it('is reported with progress in MB that ends', async () => {
    const { settings } = await openHub({
      'datasets/some/one': { files: { 'train.jsonl': madeUpBytes('large', 400_000) } },
    })
    const { events, hooks } = watching()
    await fetchOne(settings, hooks)
    const progress = events.filter((event) => event.kind === 'progress')
    expect(progress.at(-1)).toMatchObject({ label: 'fetching some/one', done: 0.4, total: 0.4, unit: 'MB' })
    for (const { done, total } of progress) expect(done).toBeLessThanOrEqual(total)
  })

  it('without links, holds copies', async () => {
    const { settings } = await openHub()
    const { files } = await fetchOne({ ...settings, symlinks: false })
    expect(lstatSync(files[0]?.path ?? '').isFile()).toBe(true)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
  })

  it('of a model is what is read of it, and no pickles', async () => {
    const { hub, settings } = await openHub()
    const { folder, name } = await fetchModel('some/model', silentHooks, settings)
    expect(name).toBe(`some/model@${commitOf(model.files)}`)
    expect(readdirSync(folder)).toEqual([
      'config.json',
      'generation_config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ])
    expect(hub.requests.some((request) => request.path.includes('pytorch_model'))).toBe(false)
  })

  it('of a model with pickles only is nothing', async () => {
    const { settings } = await openHub({
      'models/old/model': { files: { 'config.json': '{}', 'pytorch_model.bin': 'x' } },
    })
    await expect(fetchModel('old/model', silentHooks, settings)).rejects.toThrow(
      /model old\/model has no model.safetensors, only pickles \(pytorch_model.bin\), which are never loaded/,
    )
  })
})

describe('a script', () => {
  const script = { files: { 'README.md': '---\nlicense: cc\n---\n', 'one.py': 'x', 'raw.jsonl': '{}' } }
  const parquet = {
    'comparisons/train/0000.parquet': 'a',
    'comparisons/train/0001.parquet': 'b',
    'axis/test/0000.parquet': 'c',
  }

  it('is read from the conversion to Parquet', async () => {
    const { settings } = await openHub({
      'datasets/some/one': { ...script, branches: { 'refs/convert/parquet': parquet } },
    })
    const { files, origin } = await resolveDataset('some/one:comparisons@main', { splits, settings }, silentHooks)
    expect(files.map((file) => file.name)).toEqual(['comparisons/train/0000.parquet', 'comparisons/train/0001.parquet'])
    expect(origin).toMatchObject({ commit: commitOf(parquet), config: 'comparisons', licence: 'cc' })
    await expect(fetchOne(settings)).rejects.toThrow(
      'data set some/one has several configs: axis, comparisons; name one, such as some/one:axis',
    )
    const pinned = await resolveDataset(`some/one:axis#test@${origin.commit}`, { splits, settings }, silentHooks)
    expect(pinned.files.map((file) => file.name)).toEqual(['axis/test/0000.parquet'])
  })

  it('without conversion is read from what files there are, or refused', async () => {
    const { hub, settings } = await openHub({ 'datasets/some/one': script })
    expect((await fetchOne(settings)).files.map((file) => file.name)).toEqual(['raw.jsonl'])
    hub.repositories = { 'datasets/some/one': { files: { 'one.py': 'x' } } }
    await expect(fetchOne(settings)).rejects.toThrow(
      /has no JSON Lines, JSON, CSV or Parquet files, and the hub has no/,
    )
  })
})

describe('refused', () => {
  const refused: [string, Partial<FakeRepository> | null, string | null, RegExp][] = [
    [
      'a token that is not valid',
      {},
      'hf_wrong',
      /^the hub refuses the token, asked for data set some\/one; set HF_TOKEN to a valid one/,
    ],
    [
      'gated, without a token',
      { gated: true },
      null,
      /^data set some\/one is gated; accept its conditions at http\S+\/datasets\/some\/one and set HF_TOKEN/,
    ],
    ['gated, with a token', { gated: true }, validToken, /is gated, and this token has no access to it; accept/],
    [
      'a repository that is not there',
      null,
      null,
      /^there is no data set some\/one at http\S+, or it is private; check the name, or set HF_TOKEN/,
    ],
    [
      'a repository that is not there, with a token',
      null,
      validToken,
      /or it is private; check the name, or use a token that may/,
    ],
    [
      'a token without the right to read',
      { forbidden: true },
      validToken,
      /^the hub allows no access to data set some\/one \(403\); see/,
    ],
    ['private, without a token', { private: true }, null, /or it is private; check the name, or set HF_TOKEN/],
  ]
  it.each(refused)('%s', async (_name, changes, token, message) => {
    const { settings } = await openHub(changes ? { 'datasets/some/one': { ...one, ...changes } } : {})
    const error: Error = await fetchOne({ ...settings, token }).then(
      () => expect.unreachable(),
      (thrown: unknown) => thrown as Error,
    )
    expect(error).toMatchObject({ code: 'invalid-input' })
    expect(error.message).toMatch(message)
    expect(error.message).not.toMatch(/hf_|\n/)
  })

  it('a revision that is not there', async () => {
    const { settings } = await openHub()
    await expect(resolveDataset('some/one@v9', { splits, settings }, silentHooks)).rejects.toThrow(
      /has no revision v9; name a branch/,
    )
  })

  it('a private one is fetched with its token', async () => {
    const { settings } = await openHub({ 'datasets/some/one': { ...one, private: true } })
    expect((await fetchOne({ ...settings, token: validToken })).files).toHaveLength(1)
  })

  it('a log-in page in place of the hub', async () => {
    const { hub, settings } = await openHub()
    hub.fault = () => ({ status: 200, body: '<html>' })
    await expect(fetchOne(settings)).rejects.toThrow(/does not answer as the Hugging Face hub does; check HF_ENDPOINT/)
  })

  it('a path that leaves the cache', async () => {
    const { settings } = await openHub({ 'datasets/some/one': { files: { '../../../x.jsonl': 'x' } } })
    await expect(fetchOne(settings)).rejects.toThrow(/lies outside of the repository/)
  })
})

describe('without the hub', () => {
  let unreachable = ''
  beforeAll(async () => {
    unreachable = await unreachableEndpoint()
  })

  it('a data set that the cache has is taken from there, with a warning', async () => {
    const { settings } = await openHub()
    const online = await fetchOne(settings)
    const { events, hooks } = watching()
    expect(await fetchOne({ ...settings, endpoint: unreachable }, hooks)).toEqual(online)
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'warning',
        message: expect.stringMatching(
          /127.0.0.1:\d+ cannot be reached; using what the cache has of data set some\/one, commit/,
        ),
      }),
    )
  })

  it('so it is with HF_HUB_OFFLINE, and nothing is asked', async () => {
    const { hub, settings } = await openHub()
    const online = await fetchOne(settings)
    hub.requests.length = 0
    expect(await fetchOne({ ...settings, offline: true })).toEqual(online)
    expect(hub.requests).toEqual([])
  })

  it('one that it does not have is an error that says what to do', async () => {
    const { settings } = await openHub()
    await expect(fetchOne({ ...settings, endpoint: unreachable })).rejects.toThrow(
      /^fetching data set some\/one: 127.0.0.1:\d+ cannot be reached, and the cache \S+ does not have data set some\/one at revision main; check the network, or give a local file in place of the name$/,
    )
    await expect(fetchOne({ ...settings, offline: true })).rejects.toThrow(
      /^HF_HUB_OFFLINE is set, and the cache \S+ does not have data set some\/one at revision main; unset it, or give/,
    )
  })

  it('one of which it has only a part is an error', async () => {
    const { settings } = await openHub()
    await resolveDataset('some/folders:helpful-base', { splits, settings }, silentHooks)
    const offline = { splits, settings: { ...settings, offline: true } }
    await expect(resolveDataset('some/folders:helpful-base#test', offline, silentHooks)).rejects.toThrow(
      /the cache \S+ has only 0 of 1 files of data set some\/folders at commit \w+; helpful-base\/test.jsonl.gz is missing/,
    )
  })

  it('shards that are missing are noticed without a listing, too', async () => {
    const { settings } = await openHub()
    const commit = '0'.repeat(40)
    const snapshot = join(settings.cache, 'datasets--some--one', 'snapshots', commit, 'data')
    mkdirSync(snapshot, { recursive: true })
    writeFileSync(join(snapshot, 'train-00000-of-00002.parquet'), 'x')
    const offline = { splits, settings: { ...settings, offline: true } }
    await expect(resolveDataset(`some/one@${commit}`, offline, silentHooks)).rejects.toThrow(
      /has only 1 of the 2 parts data\/train-\*/,
    )
    writeFileSync(join(snapshot, 'train-00001-of-00002.parquet'), 'y')
    expect((await resolveDataset(`some/one@${commit}`, offline, silentHooks)).files).toHaveLength(2)
    expect(existsSync(snapshot)).toBe(true)
  })
})
