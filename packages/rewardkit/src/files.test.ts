import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FailureError, InputError } from './errors.ts'
import {
  appendLine,
  createAtomicFile,
  makeFolder,
  makeWritableFolder,
  replaceFolder,
  restoreFolder,
  sha256File,
  sha256Folder,
  writeFileAtomic,
  writeLinesAtomic,
} from './files.ts'
import { rewardkit } from './fixtures/run-command.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

describe('writeFileAtomic', () => {
  it('replaces a file and leaves nothing else', () => {
    writeFileAtomic(join(folder, 'a'), 'old')
    writeFileAtomic(join(folder, 'a'), new Uint8Array([110, 101, 119]))
    expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('new')
    expect(readdirSync(folder)).toEqual(['a'])
  })

  it('names the path and the remedy where the place is wrong, and cleans up', () => {
    const missing = join(folder, 'missing', 'a')
    expect(() => writeFileAtomic(missing, '')).toThrow(InputError)
    expect(() => writeFileAtomic(missing, '')).toThrow(`${missing} cannot be written: its folder does not exist`)
    mkdirSync(join(folder, 'taken'))
    expect(() => writeFileAtomic(join(folder, 'taken'), '')).toThrow('it is a folder')
    expect(readdirSync(folder)).toEqual(['taken'])
  })

  it.skipIf(process.getuid?.() === 0)('says that permission is denied', () => {
    chmodSync(folder, 0o500)
    try {
      expect(() => writeFileAtomic(join(folder, 'a'), '')).toThrow('permission denied')
    } finally {
      chmodSync(folder, 0o700)
    }
  })
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

describe('createAtomicFile', () => {
  it('shows nothing before it is complete, and nothing at all when it is given up', () => {
    const path = join(folder, 'a')
    writeFileSync(path, 'old')
    const file = createAtomicFile(path)
    file.write('new')
    expect(readFileSync(path, 'utf8')).toBe('old')
    file.discard()
    expect(readdirSync(folder)).toEqual(['a'])
    const other = createAtomicFile(path)
    other.write('ne')
    other.write('w')
    other.commit()
    other.discard()
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['new', ['a']])
  })

  it('writes lines in pieces, and nothing where they fail to come', () => {
    const path = join(folder, 'lines')
    const line = 'x'.repeat(300_000)
    writeLinesAtomic(path, Array<string>(9).fill(line))
    expect(readFileSync(path, 'utf8')).toBe(`${line}\n`.repeat(9))
    function* failing() {
      yield line
      throw new Error('no more')
    }
    expect(() => writeLinesAtomic(join(folder, 'broken'), failing())).toThrow('no more')
    expect(readdirSync(folder)).toEqual(['lines'])
  })
})

describe('appendLine', () => {
  it('adds lines to a file that is there', () => {
    expect(() => appendLine(join(folder, 'log'), 'one')).toThrow(InputError)
    writeFileSync(join(folder, 'log'), '')
    appendLine(join(folder, 'log'), 'one')
    appendLine(join(folder, 'log'), 'two')
    expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('one\ntwo\n')
  })

  it.runIf(process.platform === 'linux')('says that the disk is full', () => {
    expect(() => appendLine('/dev/full', 'one')).toThrow(FailureError)
    expect(() => appendLine('/dev/full', 'one')).toThrow('the disk is full')
  })
})

describe('hashes', () => {
  it('equal the published SHA-256 of "abc"', async () => {
    writeFileSync(join(folder, 'abc'), 'abc')
    expect(await sha256File(join(folder, 'abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })

  it('of a folder follow names and contents, not the place or the order of writing', async () => {
    const [one, two] = [join(folder, 'one'), join(folder, 'two')]
    for (const [root, names] of [
      [one, ['b', 'a']],
      [two, ['a', 'b']],
    ] as const) {
      mkdirSync(join(root, 'inner'), { recursive: true })
      for (const name of names) writeFileSync(join(root, 'inner', name), name)
    }
    const first = await sha256Folder(one)
    expect(await sha256Folder(two)).toBe(first)
    writeFileSync(join(two, 'inner', 'a'), 'changed')
    expect(await sha256Folder(two)).not.toBe(first)
  })
  it('of a folder follow links to files, and pass over links to folders and to nothing', async () => {
    const [target, model] = [join(folder, 'target'), join(folder, 'model')]
    mkdirSync(target)
    mkdirSync(model)
    writeFileSync(join(target, 'a'), 'a')
    symlinkSync(join(target, 'a'), join(model, 'a'))
    const whole = await sha256Folder(target)
    expect(await sha256Folder(model)).toBe(whole)
    symlinkSync(target, join(model, 'folder'))
    symlinkSync(join(folder, 'nothing'), join(model, 'nothing'))
    expect(await sha256Folder(model)).toBe(whole)
  })
})
