import { describe, expect, it } from 'vitest'
import { type Facts, findPlatform, isOlder, preflight } from './platform.mjs'

const suitable: Facts = {
  system: 'linux',
  machine: 'x64',
  nodeVersion: '20.19.0',
  glibcVersion: '2.28',
  freeBytes: 4e9,
  folder: '/home/someone/.cache/rewardkit',
}

describe('preflight', () => {
  it('lets the oldest promised machine through', () => {
    expect(preflight(suitable)).toBeNull()
  })

  it.each<[string, Partial<Facts>, RegExp]>([
    ['native Windows', { system: 'win32', glibcVersion: null }, /WSL2/],
    ['an Intel Mac', { system: 'darwin', glibcVersion: null }, /Intel Macs .* Apple silicon/],
    ['32-bit ARM', { machine: 'arm' }, /linux on arm .* use Linux x86-64/],
    ['musl', { glibcVersion: null }, /musl.*glibc/],
    ['an old glibc', { glibcVersion: '2.27' }, /glibc 2\.27 is too old.* 2\.28/],
    ['a glibc whose number is longer but older', { glibcVersion: '2.9' }, /2\.9 is too old/],
    ['Node 20.18', { nodeVersion: '20.18.3' }, /Node 20\.18\.3 is too old: install Node 20\.19/],
    ['Node 18', { nodeVersion: '18.20.0' }, /too old/],
    ['a full disk', { freeBytes: 3.9e9 }, /\.cache\/rewardkit has 3\.9 GB free, set-up needs 4 GB: .*REWARDKIT_HOME/],
  ])('refuses %s in one line', (_name, difference, expected) => {
    const refusal = preflight({ ...suitable, ...difference })
    expect(refusal).toMatch(expected)
    expect(refusal).not.toContain('\n')
  })

  it('wants no disk where nothing is downloaded', () => {
    expect(preflight({ ...suitable, freeBytes: 0 }, false)).toBeNull()
  })

  it('does not ask a Mac for glibc', () => {
    expect(preflight({ ...suitable, system: 'darwin', machine: 'arm64', glibcVersion: null })).toBeNull()
  })
})

describe('the table of platforms', () => {
  it('promises only what is tried', () => {
    expect(findPlatform('linux', 'x64')?.tried).toBe(true)
    expect(findPlatform('linux', 'arm64')?.tried).toBe(false)
    expect(findPlatform('darwin', 'arm64')?.tried).toBe(false)
    expect(findPlatform('freebsd', 'x64')).toBeUndefined()
  })

  it('names the wheel tags of the right machine', () => {
    expect(findPlatform('linux', 'x64')?.wheelTags).toContain('manylinux_2_28_x86_64')
    expect(findPlatform('linux', 'arm64')?.wheelTags).toContain('manylinux_2_28_aarch64')
    expect(findPlatform('darwin', 'arm64')?.wheelTags.every((tag) => tag.endsWith('_arm64'))).toBe(true)
  })
})

describe('isOlder', () => {
  it.each([
    ['2.28', '2.28', false],
    ['2.31', '2.28', false],
    ['2.9', '2.28', true],
    ['3', '2.28', false],
    ['22.0.0', '20.19', false],
    ['20.19.0', '20.19', false],
    ['20', '20.19', true],
  ])('%s against %s: %s', (version, minimum, older) => {
    expect(isOlder(version, minimum)).toBe(older)
  })
})
