import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { silentHooks } from '../events.ts'
import { openData } from './open-data.ts'
import { type DataOptions, defaultDataOptions } from './data-options.ts'
import { readPreferences } from './survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'probability-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
async function readRows(rows: readonly object[], options: Partial<DataOptions> = {}) {
  const path = join(folder, `${files++}.jsonl`)
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'))
  return readPreferences(await openData(path, { ...defaultDataOptions, ...options }, [], silentHooks))
}
const pair = (more: object) => ({ prompt: 'Name a river.', chosen: 'The Rhine.', rejected: 'Lake Como.', ...more })

describe('probability', () => {
  it('below 0.5 turns a pair round, with the sign of its margin, and is counted', async () => {
    const { groups, turned } = await readRows([
      pair({ probability: 0.25, margin: -2 }),
      pair({ probability: 0, margin: 0 }),
      pair({ probability: 0.75, margin: 2 }),
    ])
    expect(groups.map(({ preferences }) => preferences)).toEqual([
      [{ chosen: 1, rejected: 0, probability: 0.75, margin: 2 }],
      [{ chosen: 1, rejected: 0, probability: 1, margin: 0 }],
      [{ chosen: 0, rejected: 1, probability: 0.75, margin: 2 }],
    ])
    expect(turned).toBe(2)
  })

  it('holds in groups of many responses, too', async () => {
    const preferences = [
      { chosen: 0, rejected: 2, probability: 0.125 },
      { chosen: 1, rejected: 2, probability: 0.5 },
    ]
    const { groups, turned, dropped } = await readRows(
      [{ prompt: 'Name a river.', responses: ['Como', 'Garda', 'Rhine'], preferences }],
      { ties: 'drop' },
    )
    expect(groups[0]?.preferences).toEqual([{ chosen: 2, rejected: 0, probability: 0.875 }])
    expect([turned, dropped]).toEqual([1, { tie: 1 }])
  })
})

describe('ties of our own layouts', () => {
  const rows = [pair({ probability: 0.5 }), pair({ id: 'b', probability: 0.75 }), pair({ id: 'c' })]
  const probabilities = async (options: Partial<DataOptions>) => {
    const { groups, dropped } = await readRows(rows, options)
    return { dropped, kept: groups.flatMap(({ preferences }) => preferences.map(({ probability }) => probability)) }
  }

  it('stay where nothing is said, go under drop, and under half the others get 1', async () => {
    expect(await probabilities({})).toEqual({ dropped: {}, kept: [0.5, 0.75, undefined] })
    expect(await probabilities({ ties: 'drop' })).toEqual({ dropped: { tie: 1 }, kept: [0.75, undefined] })
    expect(await probabilities({ ties: 'half' })).toEqual({ dropped: {}, kept: [0.5, 0.75, 1] })
  })
})
