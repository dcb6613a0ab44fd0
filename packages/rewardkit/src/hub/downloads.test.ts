import { spawnSync } from 'node:child_process'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { canMount, changeDisk, withSmallDisk } from '../fixtures/small-disk.ts'
import { watching } from '../fixtures/watching.ts'
import { resolveDataset } from './dataset.ts'
import { train } from './fixtures/repositories.ts'
import { blobsOf, fetchOne, openHub, transfers } from './fixtures/open.ts'
import { validToken } from './fixtures/server.ts'

describe('the token', () => {
  it('goes to the endpoint and to no other host', async () => {
    const { hub, settings } = await openHub()
    await fetchOne({ ...settings, token: validToken })
    expect(transfers(hub).map((request) => request.authorization)).toEqual([undefined])
    const own = hub.requests.filter((request) => request.host === 'hub')
    expect(new Set(own.map((request) => request.authorization))).toEqual(new Set([`Bearer ${validToken}`]))
  })
})

describe('faults that pass', () => {
  it.each([429, 500, 503])('%i twice, then an answer', async (status) => {
    const { hub, settings } = await openHub()
    let refusals = 0
    hub.fault = () => (refusals++ < 2 ? { status, headers: { 'retry-after': '0' } } : null)
    const { events, hooks } = watching()
    expect((await fetchOne(settings, hooks)).files).toHaveLength(1)
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'log',
        message: expect.stringMatching(`with ${status}.*: trying again in 0 s`),
      }),
    )
  })

  it.each([429, 500])('%i always: given up after the last attempt', async (status) => {
    const { hub, settings } = await openHub()
    hub.fault = () => ({ status })
    await expect(fetchOne(settings)).rejects.toThrow(new RegExp(`^the hub answers data set some/one with ${status}`))
    expect(hub.requests).toHaveLength(settings.attempts)
  })

  it('a wait that is too long is not waited for', async () => {
    const { hub, settings } = await openHub()
    hub.fault = () => ({ status: 429, headers: { 'retry-after': '86400' } })
    await expect(fetchOne(settings)).rejects.toThrow(/429: too many requests/)
    expect(hub.requests).toHaveLength(1)
  })

  it('a connection that is cut goes on where it ended, and no byte comes twice', async () => {
    const { hub, settings } = await openHub()
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

  it('cuts are not counted while the file comes nearer', async () => {
    const large = Buffer.alloc(5_000_000, train)
    const { hub, settings } = await openHub({ 'datasets/some/one': { files: { 'train.jsonl': large } } })
    hub.fault = ({ host }) => (host === 'storage' ? { cutAfter: 1_200_000 } : null)
    const { files } = await fetchOne({ ...settings, attempts: 2 })
    expect(readFileSync(files[0]?.path ?? '').equals(large)).toBe(true)
    expect(transfers(hub)).toHaveLength(5)
  })

  it('a small file, which comes from the hub itself, goes on as well', async () => {
    const { hub, settings } = await openHub({
      'datasets/some/one': { files: { 'train.jsonl': train.subarray(0, 900) } },
    })
    let cuts = 0
    hub.fault = ({ path }) => (path.includes('resolve') && cuts++ < 1 ? { cutAfter: 500 } : null)
    const { files, origin } = await fetchOne(settings)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train.subarray(0, 900))
    expect(hub.requests.at(-1)).toMatchObject({
      range: 'bytes=500-',
      ifRange: `"${origin.files[0]?.etag}"`,
      sent: 400,
    })
  })

  it.each([
    { status: 416 },
    { status: 206, headers: { 'content-range': 'bytes 0-29999/50000' }, body: 'x'.repeat(30_000) },
    { whole: true } as const,
  ])('a server that does not go on sends all of it again: %o', async (fault) => {
    const { hub, settings } = await openHub()
    let requests = 0
    hub.fault = ({ host }) => (host === 'storage' ? ([{ cutAfter: 20_000 }, fault][requests++] ?? null) : null)
    const { files } = await fetchOne(settings)
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
    expect(
      transfers(hub)
        .map(({ range }) => range)
        .slice(0, 2),
    ).toEqual([undefined, 'bytes=20000-'])
  })

  it('a server that falls silent in the middle is asked again for the rest', async () => {
    const { hub, settings } = await openHub()
    let requests = 0
    hub.fault = ({ host }) => (host === 'storage' && requests++ < 1 ? { silentAfter: 20_000 } : null)
    const { files } = await fetchOne({ ...settings, patience: 1000 })
    expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
    expect(transfers(hub).map(({ range }) => range)).toEqual([undefined, 'bytes=20000-'])
  })

  it('a server that falls silent is given up', async () => {
    const { hub, settings } = await openHub()
    hub.fault = () => ({ silent: true })
    await expect(fetchOne({ ...settings, patience: 200 })).rejects.toThrow(/sent nothing for 0 s/)
  })
})

describe('what ends a download', () => {
  it('a wrong checksum: nothing gets its name, and nothing wrong is kept', async () => {
    const { hub, settings } = await openHub()
    hub.fault = ({ host }) => (host === 'storage' ? { corrupt: true } : null)
    await expect(fetchOne(settings)).rejects.toThrow(
      /^data set some\/one: train.jsonl arrived with a wrong checksum; try again; if this happens again/,
    )
    expect(readdirSync(blobsOf(settings)).filter((name) => name.length !== 40)).toEqual([])
    hub.fault = () => null
    expect((await fetchOne(settings)).files).toHaveLength(1)
  })

  it('a partial file with wrong bytes: found, and fetched anew', async () => {
    const { hub, settings } = await openHub()
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

  const small = mkdtempSync(join(tmpdir(), 'rewardkit-small-'))
  afterAll(() => rmSync(small, { recursive: true }))

  it.skipIf(!canMount)('a full disk: one line, what came is kept, and with more room it goes on', async () => {
    const { hub, settings } = await openHub()
    await withSmallDisk(small, '48k', async () => {
      const full = { ...settings, cache: join(small, 'cache') }
      await expect(fetchOne(full)).rejects.toThrow(
        /^the disk of \S+ is full: train.jsonl takes 50000 bytes; free some space and try again \(what was fetched is kept\), or set HF_HUB_CACHE/,
      )
      const kept = readdirSync(blobsOf(full)).filter((name) => name.endsWith('.incomplete'))
      const { size } = statSync(join(blobsOf(full), kept[0] ?? ''))
      expect(size).toBeGreaterThan(0)
      changeDisk(small, 'size=4m')
      hub.requests.length = 0
      const { files } = await fetchOne(full)
      expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
      expect(transfers(hub)).toMatchObject([{ range: `bytes=${size}-`, sent: 50_000 - size }])
    })
  })

  it.skipIf(!canMount)('a cache that cannot be written serves what it has', async () => {
    const { settings } = await openHub()
    await withSmallDisk(small, '4m', async () => {
      const shared = { ...settings, cache: join(small, 'cache') }
      const online = await fetchOne(shared)
      rmSync(join(shared.cache, 'datasets--some--one', 'trees'), { recursive: true })
      changeDisk(small, 'ro')
      expect(await fetchOne(shared)).toEqual(online)
      await expect(
        resolveDataset('some/folders', { splits: ['train'], settings: shared }, silentHooks),
      ).rejects.toThrow(/cannot be written: the file system is read-only; choose another folder/)
    })
  })

  it('a kill: a later process continues with the received bytes', async () => {
    const { hub, settings } = await openHub()
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
    const { hub, settings } = await openHub()
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
    const { hub, settings } = await openHub()
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
    const { settings } = await openHub()
    const both = await Promise.all([fetchOne(settings), fetchOne(settings)])
    for (const { files } of both) expect(readFileSync(files[0]?.path ?? '')).toEqual(train)
  })
})
