import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { rewardkit } from '../fixtures/run-command.ts'

// What a verb found comes through from its thread, which only plain data do.
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
  const { status, stdout, stderr } = rewardkit(['data', verb, ...words, '--on-error', 'skip'])
  expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.not.stringContaining('unexpected') as unknown })
  expect(stdout).toMatch(/\b(8|16)\b/)
})
