import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Hooks } from '../events.ts'
import { quickstart } from './quickstart.ts'

let out = ''
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'quickstart-'))
})
afterEach(() => rmSync(out, { recursive: true }))

const stop: Hooks = { onEvent: () => {}, shouldStop: () => true }
const begin = () => quickstart({ out, seed: 0, short: true, threads: 1, takeOver: false }, stop)

describe('quickstart', () => {
  it('begins again where an earlier one was stopped, even before it had made its model', async () => {
    mkdirSync(join(out, 'untrained-model'))
    writeFileSync(join(out, 'notes.txt'), 'mine')
    for (let i = 0; i < 2; i++) await expect(begin()).rejects.toMatchObject({ name: 'Interrupted' })
    expect(existsSync(join(out, 'untrained-model', 'model.safetensors'))).toBe(true)
    expect(existsSync(join(out, 'notes.txt'))).toBe(true)
  })

  it('refuses a folder that holds other things', async () => {
    writeFileSync(join(out, 'pairs.jsonl'), 'mine')
    await expect(begin()).rejects.toThrow(/is not empty and does not hold an earlier quickstart/)
    expect(readdirSync(out)).toEqual(['pairs.jsonl'])
  })
})
