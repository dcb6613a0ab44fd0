import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cases, mutate } from './fixtures/malformed-safetensors.ts'
import { openSafetensors, SafetensorsError, scope, tensorFrom, writeSafetensors } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))
let count = 0
const newPath = () => join(folder, `${count++}.safetensors`)

/** A file with the header and data given, as the format describes it. */
function rawFile(header: unknown, data = Buffer.alloc(0), announced?: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(announced ?? json.length))
  const path = newPath()
  writeFileSync(path, Buffer.concat([length, json, data]))
  return path
}

describe('reading', () => {
  it('reads a file made by hand from the description of the format', () => {
    const data = Buffer.from(new Uint8Array(Float32Array.from([1.5, -2, 3, 4]).buffer))
    const path = rawFile(
      {
        __metadata__: { who: 'me' },
        b: { dtype: 'F32', shape: [1], data_offsets: [12, 16] },
        a: { dtype: 'F32', shape: [3, 1], data_offsets: [0, 12] },
      },
      data,
    )
    const file = openSafetensors(path)
    expect(file.metadata).toEqual({ who: 'me' })
    expect([...file.entries.keys()]).toEqual(['b', 'a'])
    expect(file.get('a').shape).toEqual([3, 1])
    expect([...file.get('a').float32()]).toEqual([1.5, -2, 3])
    expect(file.get('b').item()).toBe(4)
  })

  it('writing into a tensor leaves the file alone', () => {
    const path = rawFile({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, Buffer.alloc(4))
    const before = readFileSync(path)
    openSafetensors(path).get('a').float32()[0] = 9
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  it('reads names and metadata that JavaScript gives a meaning as any other', () => {
    const path = newPath()
    const tensors = Object.fromEntries(['__proto__', 'constructor', ''].map((name, i) => [name, floats(i)]))
    writeSafetensors(path, tensors, Object.fromEntries([['__proto__', 'text']]))
    const file = openSafetensors(path)
    expect([...file.entries.keys()]).toEqual(['__proto__', 'constructor', ''])
    expect(file.get('__proto__').item()).toBe(0)
    expect(file.get('').item()).toBe(2)
    expect(Object.getPrototypeOf(file.metadata)).toBe(Object.prototype)
    expect(Object.entries(file.metadata)).toContainEqual(['__proto__', 'text'])
    expect(() => file.get('toString')).toThrow(SafetensorsError)
    expect(() => writeSafetensors(path, { __metadata__: floats(1) })).toThrow(SafetensorsError)
  })

  it('refuses a file that shrinks or is exchanged after it was opened', () => {
    const path = newPath()
    writeSafetensors(path, { a: floats(1) })
    const file = openSafetensors(path)
    truncateSync(path, statSync(path).size - 1)
    expect(() => file.get('a')).toThrow(SafetensorsError)
    writeSafetensors(path, { a: floats(2) })
    expect(() => file.get('a')).toThrow(/has changed since it was opened/)
  })

  it('refuses anything that is not a safetensors file', () => {
    expect(() => openSafetensors(folder)).toThrow(/is not a file/)
    expect(() => openSafetensors('/dev/zero')).toThrow(/is not a file/)
  })

  const floats = (value: number) => tensorFrom(Float32Array.of(value))

  const f32 = (shape: unknown, offsets: unknown, dtype = 'F32') => ({ a: { dtype, shape, data_offsets: offsets } })
  it.each<[string, () => string, RegExp]>([
    ['an empty file', () => rawEmpty(), /0 bytes/],
    ['a header beyond the file', () => rawFile('{}', undefined, 5000), /truncated/],
    ['a huge header', () => rawFile('{}', undefined, 2 ** 50), /not a safetensors file/],
    ['a header that is not JSON', () => rawFile('{"a":'), /JSON/],
    ['a header that is a list', () => rawFile('[]'), /JSON object/],
    ['truncated data', () => rawFile(f32([2], [0, 8]), Buffer.alloc(5)), /'a' ends at byte \d+.*truncated/],
    ['bytes that belong to no tensor', () => rawFile(f32([2], [0, 8]), Buffer.alloc(9)), /the tensors end/],
    ['a gap', () => rawFile(f32([2], [4, 12]), Buffer.alloc(12)), /begins at byte 4/],
    [
      'an overlap',
      () => rawFile({ ...f32([2], [0, 8]), b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, Buffer.alloc(12)),
      /begins at byte 4/,
    ],
    ['an unknown dtype', () => rawFile(f32([2], [0, 8], 'Q4'), Buffer.alloc(8)), /dtype "Q4"/],
    ['a negative extent', () => rawFile(f32([-2], [0, 8]), Buffer.alloc(8)), /the number -2/],
    ['offsets that do not fit the shape', () => rawFile(f32([3], [0, 8]), Buffer.alloc(8)), /needs 12 bytes/],
  ])('refuses %s', (_, make, message) => {
    const path = make()
    expect(() => openSafetensors(path)).toThrow(SafetensorsError)
    expect(() => openSafetensors(path)).toThrow(message)
  })

  function rawEmpty(): string {
    const path = newPath()
    writeFileSync(path, '')
    return path
  }
})

describe('malformed files', () => {
  const decide = (file: Buffer): 'read' | 'refused' => {
    const path = newPath()
    writeFileSync(path, file)
    try {
      const opened = openSafetensors(path)
      scope(() => [...opened.entries.keys()].map((name) => opened.get(name).bytes()))
      return 'read'
    } catch (error) {
      if (error instanceof SafetensorsError) return 'refused'
      throw error
    }
  }

  it.each(cases)('$name: $ours (by Python: $python)', ({ file, ours, python }) => {
    expect(decide(file)).toBe(ours)
    // Never more lenient than the reference.
    expect([ours, python]).not.toEqual(['read', 'refused'])
  })

  it('are refused in no other way when bytes are changed, cut off or added at random', () => {
    let state = 1
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const decisions = Array.from({ length: 2000 }, () => decide(mutate(random)))
    expect(new Set(decisions)).toEqual(new Set(['read', 'refused']))
  })
})

describe('writing', () => {
  it('gives the same bits back and leaves no temporary file', () => {
    const path = newPath()
    const values = Float32Array.from([1, NaN, -0, 3e-42, Infinity, 6])
    writeSafetensors(
      path,
      { weight: tensorFrom(values, [2, 3]), ids: tensorFrom(BigInt64Array.from([2n ** 60n])) },
      { step: '3' },
    )
    const file = openSafetensors(path)
    expect(file.metadata).toEqual({ format: 'pt', step: '3' })
    expect(Buffer.from(file.get('weight').bytes()).equals(Buffer.from(values.buffer))).toBe(true)
    expect([...file.get('ids').int64()]).toEqual([2n ** 60n])
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('keeps the old file where writing fails', () => {
    const path = newPath()
    writeSafetensors(path, { a: tensorFrom(Float32Array.from([1])) })
    const disposed = tensorFrom(Float32Array.from([2]))
    const poisoned = { b: tensorFrom(Float32Array.from([2])) }
    const tensors = Object.defineProperty({ ...poisoned }, 'c', { enumerable: true, get: () => disposed })
    disposed.dispose()
    expect(() => writeSafetensors(path, tensors)).toThrow(/disposed/)
    expect(openSafetensors(path).get('a').item()).toBe(1)
  })
})
