import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256File, sha256Folder } from './hashes.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashes-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
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
