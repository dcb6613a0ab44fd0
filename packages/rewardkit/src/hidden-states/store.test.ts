import { createHash } from 'node:crypto'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createRandom } from '../random.ts'
import { openStore, type StoreOptions } from './store.ts'

const root = mkdtempSync(join(tmpdir(), 'store-'))
let folder = root
beforeEach(() => {
  folder = mkdtempSync(join(root, 'folder-'))
})
afterAll(() => rmSync(root, { recursive: true }))

const keyOf = (i: number) => createHash('sha256').update(`record ${i}`).digest()
/** Some bytes that belong to a number, of different lengths. */
const dataOf = (i: number) => {
  const random = createRandom(i, 'data')
  return Uint8Array.from({ length: 1 + ((i * 37) % 300) }, () => random.integer(256))
}
const readBack = (store: ReturnType<typeof openStore>, i: number) => {
  const target = new Uint8Array(dataOf(i).length)
  store.read(keyOf(i), target)
  return target
}

function open(options: Partial<StoreOptions> = {}) {
  const damaged: string[] = []
  return { store: openStore(folder, { onDamage: (path) => damaged.push(path), ...options }), damaged }
}

function fill(count: number, options: Partial<StoreOptions> = {}, from = 0): void {
  const { store } = open(options)
  for (let i = from; i < from + count; i++) store.add(keyOf(i), dataOf(i))
  store.commit()
  store.close()
}

const segments = () => readdirSync(folder).filter((name) => name.endsWith('.states'))

describe('openStore', () => {
  it('gives back what was committed, also to the next process', () => {
    const { store } = open({ segmentBytes: 2000 })
    expect(store.has(keyOf(3))).toBe(false)
    for (let i = 0; i < 100; i++) store.add(keyOf(i), dataOf(i))
    expect(store.has(keyOf(99))).toBe(true)
    store.commit()
    for (const opened of [store, open().store]) {
      expect(opened.size).toBe(100)
      expect(opened.bytes).toBe(Array.from({ length: 100 }, (_, i) => dataOf(i).length).reduce((a, b) => a + b))
      for (let i = 0; i < 100; i++) expect(readBack(opened, i)).toEqual(dataOf(i))
      expect(opened.has(keyOf(100))).toBe(false)
      opened.close()
    }
    expect(segments().length).toBeGreaterThan(5)
  })

  it('commits a segment that has been open long enough', () => {
    fill(3, { segmentSeconds: 0 })
    expect(segments()).toHaveLength(3)
  })

  it('leaves nothing of what was not committed', () => {
    const { store } = open()
    store.add(keyOf(0), dataOf(0))
    store.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('lets two add the same and more at once', () => {
    const [first, second] = [open().store, open().store]
    for (let i = 0; i < 20; i++) {
      first.add(keyOf(i), dataOf(i))
      second.add(keyOf(i + 10), dataOf(i + 10))
    }
    first.commit()
    second.commit()
    expect(readBack(second, 25)).toEqual(dataOf(25))
    first.close()
    second.close()
    const { store } = open()
    expect(store.size).toBe(30)
    for (let i = 0; i < 30; i++) expect(readBack(store, i)).toEqual(dataOf(i))
    store.close()
  })

  it('detects a segment cut at any place, removes it and keeps the others', () => {
    fill(4, {}, 100)
    const [whole = ''] = segments()
    fill(6)
    const cut = segments().find((name) => name !== whole) ?? ''
    const content = readFileSync(join(folder, cut))
    for (let length = 0; length < content.length; length += 7) {
      writeFileSync(join(folder, cut), content)
      truncateSync(join(folder, cut), length)
      const { store, damaged } = open()
      expect(damaged).toEqual([join(folder, cut)])
      expect(store.size).toBe(4)
      store.close()
      expect(segments()).toEqual([whole])
    }
  })

  it('detects every changed byte: in the index at once, in a record when it is read', () => {
    fill(5)
    const [name = ''] = segments()
    const content = readFileSync(join(folder, name))
    const records = Array.from({ length: 5 }, (_, i) => dataOf(i).length).reduce((a, b) => a + b)
    /** When a change at a byte shows. */
    const shows = (at: number): string => {
      const changed = Buffer.from(content)
      changed[at] = changed.readUInt8(at) ^ 0x10
      writeFileSync(join(folder, name), changed)
      const { store, damaged } = open()
      try {
        if (damaged.length > 0) return 'at once'
        for (let i = 0; i < 5; i++) readBack(store, i)
        return 'never'
      } catch (error) {
        return String(error)
      } finally {
        store.close()
      }
    }
    for (let at = 0; at < content.length; at += 5)
      expect(shows(at)).toMatch(at < records ? /is damaged; remove it and run again/ : /^at once$/)
  })

  it('clears away what a killed run left, once nobody can be writing it any more', () => {
    const [old, young] = [join(folder, 'a.states.1.tmp'), join(folder, 'b.states.2.tmp')]
    for (const path of [old, young]) writeFileSync(path, 'part')
    utimesSync(old, new Date(0), new Date(0))
    open().store.close()
    expect(readdirSync(folder)).toEqual(['b.states.2.tmp'])
    expect(statSync(young).size).toBe(4)
  })
})
