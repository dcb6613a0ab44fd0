import { describe, expect, it } from 'vitest'
import { at } from '../at.ts'
import { createGathering } from './gathering.ts'

const row = (number: number) => ({ place: `line ${number}`, defaultId: `line-${number}`, file: 0, row: { number } })

describe('gathered rows', () => {
  it.each([1, 500, 1e9])('come by key, in the order in which they came, with %d bytes in memory', (bytes) => {
    const gathering = createGathering(bytes)
    const keys = Array.from({ length: 200 }, (_, index) => `key ${(index * 7) % 23}`)
    for (const [index, key] of keys.entries()) gathering.add(key, row(index))
    const expected = [...new Set(keys)].map((key) => keys.flatMap((other, index) => (other === key ? [index] : [])))
    const found = [...gathering.groups()]
    expect(found.map(({ rows }) => rows.map((one) => one.row['number']))).toEqual(expected)
    expect(found.map(({ total }) => total)).toEqual(expected.map(({ length }) => length))
    gathering.close()
  })

  it('keep what their values are, on the disk, too', () => {
    const gathering = createGathering(1)
    const value = { big: 2n ** 60n, none: undefined, text: 'ä\u0000', at: new Date(0), list: [1, null] }
    gathering.add('a', { ...row(1), row: value })
    expect([...gathering.groups()][0]?.rows[0]?.row).toEqual(value)
    gathering.close()
  })

  it('are spread evenly where there are more of a key than are wanted', () => {
    const gathering = createGathering(1000)
    for (let index = 0; index < 1000; index++) gathering.add(index % 2 === 0 ? 'even' : 'odd', row(index))
    const [even] = gathering.groups(100)
    const numbers = even?.rows.map((one) => Number(one.row['number'])) ?? []
    expect(even?.total).toBe(500)
    expect(numbers.length).toBeGreaterThan(50)
    expect(numbers.length).toBeLessThanOrEqual(100)
    expect(new Set(numbers.slice(1).map((number, index) => number - at(numbers, index))).size).toBe(1)
    gathering.close()
  })
})
