import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

// The built command: what a verb found comes through from its thread, which only plain data do.
const main = fileURLToPath(new URL('../../bin/rewardkit.mjs', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-verbs-'))
afterAll(() => rmSync(folder, { recursive: true }))

const data = join(folder, 'pairs.jsonl')
const rows = Array.from('abcdefgh').map((letter) => ({
  prompt: `What is ${letter}?`,
  chosen: `${letter} is`,
  rejected: 'no',
}))
const lines = rows.map((row) => JSON.stringify(row)).join('\n')
writeFileSync(data, `${lines}\nnot JSON\n`)
const other = join(folder, 'other.jsonl')
writeFileSync(other, lines)

it.each([
  ['inspect', data],
  ['inspect', data, '--json'],
  ['convert', data, '--out', 'OUT.jsonl'],
  ['split', data, '--test', '0.5', '--out', 'OUT'],
  ['dedupe', data, '--out', 'OUT.jsonl'],
  ['leakage', data, '--against', other],
  ['mix', data, other, '--out', 'OUT.jsonl'],
  ['filter', data, '--max-turns', '1', '--out', 'OUT.jsonl'],
])('data %s %s', (verb, ...given) => {
  const words = given.map((word) => word.replace('OUT', join(folder, verb)))
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'data', verb, ...words, '--on-error', 'skip'], {
    encoding: 'utf8',
  })
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('unexpected') as unknown })
  expect(stdout).toMatch(/\b(8|16)\b/)
})
