import { spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { silentHooks, type Event, type Hooks } from '../events.ts'
import { resolveDataset } from './dataset.ts'
import { folders, madeUpBytes, model } from './fixtures/data.ts'
import { commitOf, type FakeHub, type FakeRepository, startHub, validToken } from './fixtures/server.ts'
import { fetchModel } from './model.ts'
import { type HubSettings, hubSettings } from './settings.ts'

const root = mkdtempSync(join(tmpdir(), 'rewardkit-hub-'))
afterAll(() => rmSync(root, { recursive: true }))

const hubs: FakeHub[] = []
afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()))
})

const only = 'datasets/some/one'
const train = madeUpBytes('train', 50_000)
const one: FakeRepository = {
  files: { 'README.md': '---\nlicense: mit\n---\n', 'train.jsonl': train, 'small/notes.json': '[]' },
}

async function open(
  repositories: Readonly<Record<string, FakeRepository>> = {
    [only]: one,
    'datasets/some/folders': folders,
    'models/some/model': model,
  },
): Promise<{ hub: FakeHub; settings: HubSettings }> {
  const hub = await startHub(repositories)
  hubs.push(hub)
  const cache = mkdtempSync(join(root, 'cache-'))
  const environment = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cache, HF_HOME: cache }
  return { hub, settings: { ...hubSettings(environment), backoff: 1, patience: 1000 } }
}

const splits = ['train']
const fetchOne = (settings: HubSettings, hooks: Hooks = silentHooks) =>
  resolveDataset('some/one', { splits, settings }, hooks)
const watching = () => {
  const events: Event[] = []
  return { events, hooks: { onEvent: (event: Event) => void events.push(event), shouldStop: () => false } }
}
const blobsOf = (settings: HubSettings) => join(settings.cache, 'datasets--some--one', 'blobs')
/** Requests for the large file at the place where it lies. */
const transfers = (hub: FakeHub) => hub.requests.filter((request) => request.host === 'storage')

describe('what is fetched', () => {
  it('lies in the cache in the layout of the Python library', async () => {
    const { settings } = await open()
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
    const { hub, settings } = await open()
    await fetchOne(settings)
    hub.requests.length = 0
    await fetchOne(settings)
    expect(hub.requests.map((request) => request.path)).toEqual(['/api/datasets/some/one/revision/main'])
    hub.requests.length = 0
    await resolveDataset(`some/one@${commitOf(one.files)}`, { splits, settings }, silentHooks)
    expect(hub.requests).toEqual([])
  })

  it('shares what did not change between two commits', async () => {
    const { hub, settings } = await open()
    await fetchOne(settings)
    hub.repositories = { [only]: { files: { ...one.files, 'README.md': 'changed' } } }
    hub.requests.length = 0
    const { origin } = await fetchOne(settings)
    expect(origin.licence).toBeNull()
    expect(transfers(hub)).toEqual([])
  })

  it('is told: config, split, revision, commit, licence, and progress that ends', async () => {
    const { settings } = await open()
    const { events, hooks } = watching()
    await resolveDataset('some/folders:helpful-base#test', { splits, settings }, hooks)
    const logs = events.flatMap((event) => (event.kind === 'log' ? [event.message] : []))
    expect(logs).toEqual([
      `data set some/folders: config helpful-base, split test, revision main (commit ${commitOf(folders.files)}); 1 file, 0.0 MB; licence: mit (${settings.endpoint}/datasets/some/folders)`,
    ])
    const progress = events.filter((event) => event.kind === 'progress')
    expect(progress.at(-1)).toMatchObject({ label: 'fetching some/folders', unit: 'MB' })
    for (const { done, total } of progress) expect(done).toBeLessThanOrEqual(total)
  })

  it('without links, holds copies', async () => {
    const { settings } = await open()
    const { files } = await fetchOne({ ...settings, symlinks: false })
    expect(lstatSync(files[0]?.path ?? '').isFile()).toBe(true)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
  })

  it('of a model is what is read of it, and no pickles', async () => {
    const { hub, settings } = await open()
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
    const { settings } = await open({
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
    const { settings } = await open({ [only]: { ...script, branches: { 'refs/convert/parquet': parquet } } })
    const { files, origin } = await resolveDataset('some/one:comparisons', { splits, settings }, silentHooks)
    expect(files.map((file) => file.name)).toEqual(['comparisons/train/0000.parquet', 'comparisons/train/0001.parquet'])
    expect(origin).toMatchObject({ commit: commitOf(parquet), config: 'comparisons', licence: 'cc' })
    await expect(fetchOne(settings)).rejects.toThrow(
      'data set some/one has several configs: axis, comparisons; name one, such as some/one:axis',
    )
    const pinned = await resolveDataset(`some/one:axis#test@${origin.commit}`, { splits, settings }, silentHooks)
    expect(pinned.files.map((file) => file.name)).toEqual(['axis/test/0000.parquet'])
  })

  it('without conversion is read from what files there are, or refused', async () => {
    const { hub, settings } = await open({ [only]: script })
    expect((await fetchOne(settings)).files.map((file) => file.name)).toEqual(['raw.jsonl'])
    hub.repositories = { [only]: { files: { 'one.py': 'x' } } }
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
    ['private, without a token', { private: true }, null, /or it is private; check the name, or set HF_TOKEN/],
  ]
  it.each(refused)('%s', async (_name, changes, token, message) => {
    const { settings } = await open(changes ? { [only]: { ...one, ...changes } } : {})
    const error: Error = await fetchOne({ ...settings, token }).then(
      () => expect.unreachable(),
      (thrown: Error) => thrown,
    )
    expect(error).toMatchObject({ code: 'invalid-input' })
    expect(error.message).toMatch(message)
    expect(error.message).not.toMatch(/hf_|\n/)
  })

  it('a revision that is not there', async () => {
    const { settings } = await open()
    await expect(resolveDataset('some/one@v9', { splits, settings }, silentHooks)).rejects.toThrow(
      /has no revision v9; name a branch/,
    )
  })

  it('a private one is fetched with its token', async () => {
    const { settings } = await open({ [only]: { ...one, private: true } })
    expect((await fetchOne({ ...settings, token: validToken })).files).toHaveLength(1)
  })

  it('a log-in page in place of the hub', async () => {
    const { hub, settings } = await open()
    hub.fault = () => ({ status: 200, body: '<html>' })
    await expect(fetchOne(settings)).rejects.toThrow(/does not answer as the Hugging Face hub does; check HF_ENDPOINT/)
  })

  it('a path that leaves the cache', async () => {
    const { settings } = await open({ [only]: { files: { '../../../x.jsonl': 'x' } } })
    await expect(fetchOne(settings)).rejects.toThrow(/lies outside of the repository/)
  })
})

describe('the token', () => {
  it('goes to the endpoint and to no other host', async () => {
    const { hub, settings } = await open()
    await fetchOne({ ...settings, token: validToken })
    expect(transfers(hub).map((request) => request.authorization)).toEqual([undefined])
    const own = hub.requests.filter((request) => request.host === 'hub')
    expect(new Set(own.map((request) => request.authorization))).toEqual(new Set([`Bearer ${validToken}`]))
  })
})

describe('faults that pass', () => {
  it.each([429, 500, 503])('%i twice, then an answer', async (status) => {
    const { hub, settings } = await open()
    let refusals = 0
    hub.fault = () => (refusals++ < 2 ? { status, headers: { 'retry-after': '0' } } : null)
    const { events, hooks } = watching()
    expect((await fetchOne(settings, hooks)).files).toHaveLength(1)
    expect(events).toContainEqual({
      kind: 'log',
      message: expect.stringMatching(`with ${status}.*: trying again in 0 s`),
    })
  })

  it.each([429, 500])('%i always: given up after so many attempts', async (status) => {
    const { hub, settings } = await open()
    hub.fault = () => ({ status })
    await expect(fetchOne(settings)).rejects.toThrow(new RegExp(`^the hub answers data set some/one with ${status}`))
    expect(hub.requests).toHaveLength(settings.attempts)
  })

  it('a wait that is too long is not waited for', async () => {
    const { hub, settings } = await open()
    hub.fault = () => ({ status: 429, headers: { 'retry-after': '86400' } })
    await expect(fetchOne(settings)).rejects.toThrow(/429: too many requests/)
    expect(hub.requests).toHaveLength(1)
  })

  it('a connection that is cut goes on where it ended, and no byte comes twice', async () => {
    const { hub, settings } = await open()
    let cuts = 0
    hub.fault = ({ host }) => (host === 'storage' && cuts++ < 2 ? { cutAfter: 20_000 } : null)
    const { files } = await fetchOne(settings)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
    expect(transfers(hub).map(({ range, sent }) => ({ range, sent }))).toEqual([
      { range: undefined, sent: 20_000 },
      { range: 'bytes=20000-', sent: 20_000 },
      { range: 'bytes=40000-', sent: 10_000 },
    ])
  })

  it('a small file, which comes from the hub itself, goes on as well', async () => {
    const { hub, settings } = await open({ [only]: { files: { 'train.jsonl': train.subarray(0, 900) } } })
    let cuts = 0
    hub.fault = ({ path }) => (path.includes('resolve') && cuts++ < 1 ? { cutAfter: 500 } : null)
    const { files } = await fetchOne(settings)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train.subarray(0, 900))
    expect(hub.requests.at(-1)).toMatchObject({ range: 'bytes=500-', sent: 400 })
  })

  it.each([{ status: 416 }, { whole: true } as const])(
    'a server that does not go on sends all of it again: %o',
    async (fault) => {
      const { hub, settings } = await open()
      let requests = 0
      hub.fault = ({ host }) => (host === 'storage' ? ([{ cutAfter: 20_000 }, fault][requests++] ?? null) : null)
      const { files } = await fetchOne(settings)
      expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
      expect(
        transfers(hub)
          .map(({ range }) => range)
          .slice(0, 2),
      ).toEqual([undefined, 'bytes=20000-'])
    },
  )

  it('a server that falls silent is given up', async () => {
    const { hub, settings } = await open()
    hub.fault = () => ({ silent: true })
    await expect(fetchOne({ ...settings, patience: 200 })).rejects.toThrow(/sent nothing for 0 s/)
  })
})

describe('what ends a download', () => {
  it('a wrong checksum: nothing gets its name, and nothing wrong is kept', async () => {
    const { hub, settings } = await open()
    hub.fault = ({ host }) => (host === 'storage' ? { corrupt: true } : null)
    await expect(fetchOne(settings)).rejects.toThrow(
      /^data set some\/one: train.jsonl arrived with a wrong checksum; try again; if it stays so/,
    )
    expect(readdirSync(blobsOf(settings)).filter((name) => name.length !== 40)).toEqual([])
    hub.fault = () => null
    expect((await fetchOne(settings)).files).toHaveLength(1)
  })

  it('a partial file with wrong bytes: found, and fetched anew', async () => {
    const { hub, settings } = await open()
    hub.fault = ({ host }) => (host === 'storage' ? { cutAfter: 20_000 } : null)
    await expect(fetchOne({ ...settings, attempts: 1 })).rejects.toThrow(
      /^fetching data set some\/one: \S+ cut the connection.*; check the network and try again; what was fetched is kept$/,
    )
    const [partial] = readdirSync(blobsOf(settings)).filter((name) => name.endsWith('.incomplete'))
    writeFileSync(join(blobsOf(settings), partial ?? ''), Buffer.alloc(30_000))
    hub.fault = () => null
    hub.requests.length = 0
    const { files } = await fetchOne(settings)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
    expect(transfers(hub).map(({ range }) => range)).toEqual(['bytes=30000-', undefined])
  })

  const small = join(root, 'small')
  const mount = (size: string) => {
    mkdirSync(small, { recursive: true })
    return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', small]).status === 0
  }
  const canMount = process.platform === 'linux' && process.getuid?.() === 0 && mount('64k')
  if (canMount) spawnSync('umount', [small])

  it.skipIf(!canMount)('a full disk: one line, what came is kept, and with more room it goes on', async () => {
    const { hub, settings } = await open()
    expect(mount('48k')).toBe(true)
    try {
      const full = { ...settings, cache: join(small, 'cache') }
      await expect(fetchOne(full)).rejects.toThrow(
        /^the disk of \S+ is full: train.jsonl takes 50000 bytes; free some space and try again \(what was fetched is kept\), or set HF_HUB_CACHE/,
      )
      const kept = readdirSync(blobsOf(full)).filter((name) => name.endsWith('.incomplete'))
      const { size } = statSync(join(blobsOf(full), kept[0] ?? ''))
      expect(size).toBeGreaterThan(0)
      spawnSync('mount', ['-o', 'remount,size=4m', small])
      hub.requests.length = 0
      const { files } = await fetchOne(full)
      expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
      expect(transfers(hub)).toMatchObject([{ range: `bytes=${size}-`, sent: 50_000 - size }])
    } finally {
      spawnSync('umount', ['-l', small])
    }
  })

  it('a kill: a later process goes on with what came', async () => {
    const { hub, settings } = await open()
    hub.fault = ({ host, range }) => (host === 'storage' && range === undefined ? { cutAfter: 20_000 } : null)
    await expect(fetchOne({ ...settings, attempts: 1 })).rejects.toThrow('cut the connection')
    const released = readdirSync(blobsOf(settings)).find((name) => name.endsWith('.incomplete')) ?? ''
    const blob = released.split('.')[0] ?? ''
    const ended = spawnSync(process.execPath, ['-e', '']).pid
    const host = hostname().replace(/[^\w-]/g, '-')
    renameSync(
      join(blobsOf(settings), released),
      join(blobsOf(settings), `${blob}.${host}.${ended}.00112233.incomplete`),
    )
    hub.requests.length = 0
    await fetchOne(settings)
    expect(transfers(hub)).toMatchObject([{ range: 'bytes=20000-', sent: 30_000 }])
    expect(readdirSync(blobsOf(settings)).filter((name) => name.includes('.'))).toEqual([])
  })

  it('a partial file of the Python library: taken up once nobody has touched it for long', async () => {
    const { hub, settings } = await open()
    const { origin } = await fetchOne(settings)
    const blob = join(blobsOf(settings), origin.files[0]?.etag ?? '')
    const begin = (name: string, minutes: number) => {
      rmSync(blob, { force: true })
      writeFileSync(join(blobsOf(settings), name), train.subarray(0, 20_000))
      const then = new Date(Date.now() - minutes * 60_000)
      utimesSync(join(blobsOf(settings), name), then, then)
      hub.requests.length = 0
    }
    begin(`${basename(blob)}.incomplete`, 1)
    await fetchOne(settings)
    expect(transfers(hub)).toMatchObject([{ range: undefined, sent: 50_000 }])
    begin(`${basename(blob)}.incomplete`, 11)
    await fetchOne(settings)
    expect(transfers(hub)).toMatchObject([{ range: 'bytes=20000-', sent: 30_000 }])
  })

  it('a request to stop: what came is kept, and a later call goes on', async () => {
    const { hub, settings } = await open()
    hub.fault = ({ host }) => (host === 'storage' ? { cutAfter: 20_000 } : null)
    let asked = 0
    const stop = { onEvent: () => {}, shouldStop: () => transfers(hub).length > 0 && asked++ > 0 }
    await expect(fetchOne({ ...settings, backoff: 60_000 }, stop)).rejects.toMatchObject({ code: 'interrupted' })
    hub.fault = () => null
    hub.requests.length = 0
    await fetchOne(settings)
    expect(transfers(hub)).toMatchObject([{ range: 'bytes=20000-', sent: 30_000 }])
  })

  it('two at once do no harm', async () => {
    const { settings } = await open()
    const both = await Promise.all([fetchOne(settings), fetchOne(settings)])
    for (const { files } of both) expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
  })
})

describe('without the hub', () => {
  let unreachable = ''
  beforeAll(async () => {
    const hub = await startHub({})
    unreachable = hub.endpoint
    await hub.close()
  })

  it('a data set that the cache has is taken from there, with a warning', async () => {
    const { settings } = await open()
    const online = await fetchOne(settings)
    const { events, hooks } = watching()
    expect(await fetchOne({ ...settings, endpoint: unreachable }, hooks)).toEqual(online)
    expect(events).toContainEqual({
      kind: 'warning',
      message: expect.stringMatching(
        /127.0.0.1:\d+ cannot be reached; going on with what the cache has of data set some\/one, commit/,
      ),
    })
  })

  it('so it is with HF_HUB_OFFLINE, and nothing is asked', async () => {
    const { hub, settings } = await open()
    const online = await fetchOne(settings)
    hub.requests.length = 0
    expect(await fetchOne({ ...settings, offline: true })).toEqual(online)
    expect(hub.requests).toEqual([])
  })

  it('one that it does not have is an error that says what to do', async () => {
    const { settings } = await open()
    await expect(fetchOne({ ...settings, endpoint: unreachable })).rejects.toThrow(
      /^fetching data set some\/one: 127.0.0.1:\d+ cannot be reached, and the cache \S+ does not have data set some\/one at revision main; check the network, or give a local file in place of the name$/,
    )
    await expect(fetchOne({ ...settings, offline: true })).rejects.toThrow(
      /^HF_HUB_OFFLINE is set, and the cache \S+ does not have data set some\/one at revision main; unset it, or give/,
    )
  })

  it('one of which it has only a part is an error', async () => {
    const { settings } = await open()
    await resolveDataset('some/folders:helpful-base', { splits, settings }, silentHooks)
    const offline = { splits, settings: { ...settings, offline: true } }
    await expect(resolveDataset('some/folders:helpful-base#test', offline, silentHooks)).rejects.toThrow(
      /the cache \S+ has only 0 of 1 files of data set some\/folders at commit \w+; helpful-base\/test.jsonl.gz is missing/,
    )
  })

  it('shards that are missing are noticed without a listing, too', async () => {
    const { settings } = await open()
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
