import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from './errors.ts'
import { makeFolder, makeWritableFolder, replaceFolder, restoreFolder } from './folders.ts'
import { rewardkit } from './fixtures/run-command.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folders-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('makeFolder', () => {
  it('makes what is missing, and minds nothing that is there', () => {
    makeFolder(join(folder, 'a/b/c'))
    makeFolder(join(folder, 'a/b/c'))
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c'])
  })

  it('says that a file is in the way', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => makeFolder(join(folder, 'file'))).toThrow(InputError)
    expect(() => makeFolder(join(folder, 'file'))).toThrow('it is a file; name a folder')
    expect(() => makeFolder(join(folder, 'file', 'a'))).toThrow('a part of the path is a file')
  })

  // In a process of its own: one that hangs in mkdir cannot be stopped by a test's time limit.
  it.runIf(process.platform === 'linux')('ends where the file system makes no folders', () => {
    const words = ['simulate', '--pairs', '1', '--out', '/proc/x/y/pairs.jsonl']
    const { status, stderr } = rewardkit(words, { timeout: 20_000, killSignal: 'SIGKILL' })
    expect(stderr).toMatch(/^rewardkit: .*\/proc\/x\/y cannot be written: .*none can be made there[^\n]*\n$/)
    expect(status).toBe(2)
  })
})

describe('makeWritableFolder', () => {
  it('leaves nothing in the folder', () => {
    makeWritableFolder(join(folder, 'a'))
    expect(readdirSync(join(folder, 'a'))).toEqual([])
  })

  it.runIf(process.platform === 'linux')('refuses a folder that takes no files', () => {
    expect(() => makeWritableFolder('/proc')).toThrow(InputError)
    expect(() => makeWritableFolder('/proc')).toThrow(/^\/proc cannot be written: /)
  })
})

describe('replaceFolder', () => {
  const target = () => join(folder, 'model')
  const fill = (content: string) => (temporary: string) => writeFileSync(join(temporary, 'a'), content)
  const content = () => readFileSync(join(target(), 'a'), 'utf8')

  it('replaces a folder and leaves nothing else', () => {
    for (const text of ['old', 'new']) replaceFolder(target(), fill(text))
    expect(content()).toBe('new')
    expect(readdirSync(folder)).toEqual(['model'])
  })

  it('keeps the old one where the new one fails', () => {
    replaceFolder(target(), fill('old'))
    const fail = () => {
      throw new Error('no')
    }
    expect(() => replaceFolder(target(), fail)).toThrow('no')
    expect(content()).toBe('old')
    expect(readdirSync(folder)).toEqual(['model'])
  })

  // What is on disk after a kill before, between and after the two renames.
  it.each([
    [['model', 'model.tmp'], 'model'],
    [['model.replaced', 'model.tmp'], 'model.replaced'],
    [['model.replaced', 'model'], 'model'],
  ])('a kill that leaves %j loses nothing', (left, good) => {
    for (const name of left) {
      mkdirSync(join(folder, name))
      writeFileSync(join(folder, name, 'a'), name)
    }
    restoreFolder(target())
    expect(readdirSync(folder)).toEqual(['model'])
    expect(content()).toBe(good)
  })
})
