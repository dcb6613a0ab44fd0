import { fstatSync, ftruncateSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FailureError } from '../errors.ts'
import { createRandom } from '../random.ts'
import type { EncodedGroup } from './encoded-group.ts'
import { createSpool, spoolInto } from './spool.ts'

const folder = mkdtempSync(join(tmpdir(), 'spool-'))
afterAll(() => rmSync(folder, { recursive: true }))

const random = createRandom(1, 'spool test')
const draw = (length: number) => Int32Array.from({ length }, () => random.integer(2 ** 31))

function group(index: number): EncodedGroup {
  return {
    id: `é🎉\uD800 ${index}`,
    promptId: `${index % 7}`,
    subset: index % 2 === 0 ? null : 'odd',
    tokens: {
      prefix: draw(index % 5),
      branches: [draw(1 + random.integer(900)), draw(1)],
      branchOf: [0, 1, 0],
      truncated: index % 3 === 0,
    },
    preferences: [
      { chosen: 0, rejected: 1, margin: random.normal() },
      { chosen: 1, rejected: 2, weight: random.uniform(), probability: 1 / 3 },
    ],
    ...(index % 4 === 0 && {
      texts: { prompt: [{ role: 'user', content: `${index}\n` }], responses: [[{ role: 'assistant', content: '' }]] },
    }),
  }
}

describe('createSpool', () => {
  it('gives every group back as it was, in any order, from lists that grow at the same time', () => {
    const spool = createSpool(folder)
    const lists = [spool.begin(), spool.begin()]
    const groups = Array.from({ length: 1200 }, (_, index) => group(index))
    const between: unknown[] = []
    groups.forEach((one, index) => {
      lists[index % 2]?.add(one)
      // Reading between two writes disturbs nothing.
      if (index % 500 === 1) between.push(...(lists[1]?.read([0]) ?? []))
    })
    expect(between).toEqual([groups[1], groups[1], groups[1]])
    for (const [parity, list] of lists.entries()) {
      const expected = groups.filter((_, index) => index % 2 === parity)
      expect([...list]).toEqual(expected)
      expect(list.preferenceCounts).toEqual(expected.map(({ preferences }) => preferences.length))
      expect(list.read(Uint32Array.of(599, 0, 300))).toEqual([expected[599], expected[0], expected[300]])
    }
    spool.close()
    spool.close()
  })

  it('keeps no name, not even while it is open, and makes no folder', () => {
    const spool = createSpool(join(folder, 'not', 'there'))
    spool.begin().add(group(1))
    expect(readdirSync(folder)).toEqual([])
    spool.close()
  })
})

describe('spoolInto', () => {
  it('refuses a file that was cut off', () => {
    const descriptor = openSync(join(folder, 'cut'), 'w+')
    const spool = spoolInto(descriptor, 'here')
    const list = spool.begin()
    for (let index = 0; index < 3; index++) list.add(group(index))
    expect(list.read([0, 1, 2])).toHaveLength(3)
    const { size } = fstatSync(descriptor)
    for (const length of [size - 1, size >> 1, 9, 0]) {
      ftruncateSync(descriptor, length)
      expect(() => list.read([0, 1, 2])).toThrow(FailureError)
      expect(() => list.read([0, 1, 2])).toThrow('here: the spool of token ids ends early')
    }
    spool.close()
  })

  it.runIf(process.platform === 'linux')('says that the disk is full', () => {
    const spool = spoolInto(openSync('/dev/full', 'w+'), 'here')
    const list = spool.begin()
    list.add(group(0))
    expect(() => list.read([0])).toThrow(/here: the spool of token ids cannot be written: the disk is full/)
    spool.close()
  })
})
