import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FailureError, InputError } from './errors.ts'
import { appendLine, createAtomicFile, writeFileAtomic, writeLinesAtomic } from './files.ts'

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
