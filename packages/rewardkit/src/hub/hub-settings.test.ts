import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { waitAsked } from './faults.ts'
import { hubSettings } from './hub-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-hub-settings-'))
afterAll(() => rmSync(folder, { recursive: true }))

// What huggingface_hub makes of the same environment is compared in hub.peers.ts.
it.each([
  [{}, '/home/me/.cache/huggingface/hub'],
  [{ XDG_CACHE_HOME: '/x' }, '/x/huggingface/hub'],
  [{ HF_HOME: '~/hf', XDG_CACHE_HOME: '/x' }, '/home/me/hf/hub'],
  [{ HF_HUB_CACHE: '$PLACE/${PLACE}/$NONE', PLACE: 'here', HF_HOME: '/hf' }, 'here/here/$NONE'],
  [{ HUGGINGFACE_HUB_CACHE: '/old', HF_HOME: '/hf' }, '/old'],
])('%j: the cache is %s', (environment, cache) => {
  expect(hubSettings(environment, '/home/me').cache).toBe(cache)
})

it('the token comes from the environment, else from a file', () => {
  const path = join(folder, 'token')
  writeFileSync(path, ' hf_file\n')
  expect(hubSettings({ HF_TOKEN_PATH: path }, folder).token).toBe('hf_file')
  expect(hubSettings({ HF_HOME: folder }, folder).token).toBe('hf_file')
  expect(hubSettings({ HF_TOKEN_PATH: path, HF_TOKEN: 'hf_own' }, folder).token).toBe('hf_own')
  expect(hubSettings({ HF_HOME: folder, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }, folder).token).toBeNull()
  expect(hubSettings({ HF_HOME: join(folder, 'none') }, folder).token).toBeNull()
})

it('a token that cannot be one is not shown', () => {
  expect(() => hubSettings({ HF_TOKEN: 'hf secret' }, folder)).toThrow(/^HF_TOKEN, or the token file, holds characters/)
  expect(() => hubSettings({ HF_TOKEN: 'hf secret' }, folder)).not.toThrow(/secret/)
})

it.skipIf(process.getuid?.() === 0)('a token file that cannot be read', () => {
  const path = join(folder, 'closed')
  writeFileSync(path, 'hf_closed')
  chmodSync(path, 0)
  expect(() => hubSettings({ HF_TOKEN_PATH: path }, folder)).toThrow(/token file \S+ cannot be read \(EACCES\)/)
})

it('switches and the endpoint', () => {
  expect(hubSettings({ HF_HUB_OFFLINE: 'yes', HF_HUB_DISABLE_SYMLINKS: '1' }, folder)).toMatchObject({
    offline: true,
    symlinks: false,
    endpoint: 'https://huggingface.co',
  })
  expect(hubSettings({ HF_HUB_OFFLINE: '0', HF_ENDPOINT: 'http://mirror/hf/' }, folder)).toMatchObject({
    offline: false,
    endpoint: 'http://mirror/hf',
  })
  expect(() => hubSettings({ HF_ENDPOINT: 'mirror' }, folder)).toThrow('HF_ENDPOINT mirror is not an address')
})

it('the wait that the hub asks for, in milliseconds', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const wait = (headers: Record<string, string>) => waitAsked(new Headers(headers), now)
  expect(wait({})).toBeNull()
  expect(wait({ 'retry-after': '7' })).toBe(7000)
  expect(wait({ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' })).toBe(60_000)
  expect(wait({ ratelimit: '"api";r=0;t=55' })).toBe(55_000)
})
