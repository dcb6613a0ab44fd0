import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { inspectData } from '../inspect/inspect.ts'
import { inspectOptionsSchema } from '../inspect/inspect-options.ts'
import { formatInspection } from './show-inspection.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-show-'))
afterAll(() => rmSync(folder, { recursive: true }))

function inspected(rows: readonly object[], options: object = {}) {
  const data = join(folder, 'pairs.jsonl')
  writeFileSync(data, rows.map((row) => JSON.stringify(row)).join('\n'))
  return inspectData(inspectOptionsSchema.parse({ data, ...options }))
}

it('shows whole numbers in full, and others in four digits', async () => {
  const rows = [11_637, 2].map((length) => ({ prompt: 'q', chosen: 'x'.repeat(length), rejected: 'no', margin: 1 / 3 }))
  const shown = formatInspection(await inspected(rows), {})
  // The quartiles of 2 and 11637 are 2910.75, 5819.5 and 8728.25.
  expect(shown).toMatch(/chosen, characters +2 +2,911 +5,820 +8,728 .* 11,637 +5,820\n/)
  expect(shown).toMatch(/margin +0\.3333 /)
})

it.each([false, true])('begins no line with the blank of a break, and keeps indentation (isTTY: %s)', async (isTTY) => {
  // 16 characters fit beside the other response, so that the line is full before the blank.
  const chosen = 'aaaa bbbb cccc d eeee ffff gggg h  iiii\n    code here\n'
  const prompt = `${'word '.repeat(8).trim()}s next`
  const found = await inspected([{ prompt, chosen, rejected: `${chosen}other` }], { show: 1 })
  const lines = stripVTControlCharacters(formatInspection(found, { columns: 40, isTTY })).split('\n')
  const from = lines.findIndex((line) => line.startsWith('── '))
  expect(lines.slice(from + 1, from + 3)).toEqual(['word word word word word word word words', 'next'])
  const left = lines.slice(from + 5).map((line) => line.slice(2, 18).trimEnd())
  expect(left.slice(0, 4)).toEqual(['aaaa bbbb cccc d', 'eeee ffff gggg', 'h  iiii', '    code here'])
})

it('uses the singular for one', async () => {
  expect(formatInspection(await inspected([{ prompt: 'q', chosen: 'a', rejected: 'b', lang: 'en' }]), {})).toContain(
    'as the column of 1 group says',
  )
})
