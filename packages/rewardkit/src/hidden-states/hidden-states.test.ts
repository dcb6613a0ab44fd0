import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { noGradient, scope, threads } from '@rewardkit/torch'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Hooks } from '../events.ts'
import { silentHooks } from '../events.ts'
import { canMount, withSmallDisk } from '../fixtures/small-disk.ts'
import { watching } from '../fixtures/watching.ts'
import { fixtureNames } from '../models/fixtures/read.ts'
import { hiddenStates, loadRewardNetwork, trainPart } from '../models/index.ts'
import { packGroups } from '../tokens/index.ts'
import { batchOf } from '../train/fixtures/step-parts.ts'
import { writeThreeLayers } from './fixtures/models.ts'
import { hashParameters, type HiddenStatesOptions, openHiddenStates } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'hidden-states-'))
afterAll(() => rmSync(folder, { recursive: true }))
beforeAll(() => {
  for (const name of fixtureNames) writeThreeLayers(join(folder, name), name)
})
let root = folder
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'))
})

const groups = batchOf(12).map(({ tokens }) => tokens)
const load = (name = 'llama') => loadRewardNetwork(join(folder, name), { seed: 3 })
function open(
  given: Partial<HiddenStatesOptions> & { readonly name?: string; readonly wanted?: typeof groups },
  hooks: Hooks = silentHooks,
) {
  const { name = 'llama', wanted = groups, ...options } = given
  const model = load(name)
  const frozenWeights = hashParameters(trainPart(model, 'head').frozen)
  return openHiddenStates(
    model,
    wanted,
    { layers: 3, frozenWeights, dtype: 'float32', threads: threads(), root, ...options },
    hooks,
  )
}
const bytesOf = (states: ReturnType<typeof open>, wanted = groups) => scope(() => states.read(wanted).bytes().slice())

describe.each(fixtureNames)('%s', (name) => {
  it.each([
    [1, 'float32'],
    [2, 'bfloat16'],
    [3, 'float32'],
    [3, 'bfloat16'],
  ] as const)('after %d layers in %s, each group has the states that it has alone', (layers, dtype) => {
    const states = open({ name, layers, dtype })
    expect(states).toMatchObject({ found: 0, missing: groups.length })
    states.fill()
    const model = load(name)
    for (const group of groups) {
      const found = scope(() => {
        const read = states.read([group])
        return { shape: read.shape, dtype: read.dtype, bytes: read.bytes().slice() }
      })
      const expected = scope(() => {
        const alone = noGradient(() => hiddenStates(model, packGroups([group]), layers, dtype))
        return { shape: alone.shape, dtype: alone.dtype, bytes: alone.bytes().slice() }
      })
      expect(found).toEqual(expected)
    }
    states.close()
  })
})

describe('openHiddenStates', () => {
  it('finds what an earlier run computed, by tokens alone, and computes the rest', () => {
    const first = open({ wanted: groups.slice(0, 8) })
    first.fill()
    const { events, hooks } = watching()
    const again = [...groups.toReversed(), ...groups]
    const second = open({ wanted: again }, hooks)
    expect(second).toMatchObject({ found: 8, missing: groups.length - 8 })
    second.fill()
    expect(events.at(-1)).toMatchObject({ kind: 'log' })
    expect(JSON.stringify(events.at(-1))).toContain(`8 groups found in the cache, ${groups.length - 8} computed`)
    expect(events.filter((event) => event.kind === 'progress')).toHaveLength(groups.length - 8)
    expect(bytesOf(second, groups.slice(0, 8))).toEqual(bytesOf(first, groups.slice(0, 8)))
    const third = open({})
    expect(third).toMatchObject({ found: groups.length, missing: 0 })
    for (const states of [first, second, third]) states.close()
  })

  it.each<[string, Partial<HiddenStatesOptions> & { name?: string }]>([
    ['weights', { frozenWeights: 'others' }],
    ['architecture', { name: 'mistral' }],
    ['dtype', { dtype: 'bfloat16' }],
    ['layers', { layers: 2 }],
    ['threads', { threads: threads() + 1 }],
  ])('takes nothing from other %s', (_, options) => {
    const first = open({})
    first.fill()
    const other = open(options)
    expect(other).toMatchObject({ found: 0 })
    first.close()
    other.close()
  })

  it('keeps what is complete when it is interrupted, and goes on to the same bits', () => {
    const whole = open({})
    whole.fill()
    const expected = bytesOf(whole)
    whole.close()
    root = mkdtempSync(join(folder, 'root-'))
    let asked = 0
    const first = open({}, { onEvent: () => {}, shouldStop: () => asked++ === groups.length + 5 })
    expect(() => first.fill()).toThrow(expect.objectContaining({ name: 'Interrupted' }))
    first.close()
    const second = open({})
    expect(second).toMatchObject({ found: 5, missing: groups.length - 5 })
    second.fill()
    expect(bytesOf(second)).toEqual(expected)
    second.close()
  })

  it('says that a segment is damaged, and computes it again', () => {
    const first = open({ segments: { segmentBytes: 600 } })
    first.fill()
    const expected = bytesOf(first)
    first.close()
    const [name = ''] = readdirSync(root)
    const [segment = ''] = readdirSync(join(root, name)).filter((file) => file.endsWith('.states'))
    truncateSync(join(root, name, segment), 50)
    const { hooks, warnings } = watching()
    const second = open({}, hooks)
    expect(warnings()).toEqual([expect.stringMatching(/was damaged and is removed/)])
    expect(second.missing).toBeGreaterThan(0)
    expect(second.missing).toBeLessThan(groups.length)
    second.fill()
    expect(bytesOf(second)).toEqual(expected)
    second.close()
  })

  it.skipIf(!canMount)('says how much room is missing before it starts', async () => {
    const small = join(folder, 'small')
    await withSmallDisk(small, '16k', () => {
      expect(() => open({ root: small, layers: 1 })).toThrow(
        /hidden states of 13 groups take \d+\.\d MB, 0\.0 MB are free; free some space/,
      )
    })
  })
})
