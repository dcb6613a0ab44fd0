import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { defaultDataOptions } from '../data-options.ts'
import { readPreferences } from '../survey.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-cells-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function readText(name: string, text: string) {
  const path = join(folder, name)
  writeFileSync(path, text)
  const { groups, dropped } = await readPreferences(await openData(path, defaultDataOptions, [], silentHooks))
  return { groups, dropped }
}

it('refuses an empty prompt and counts an empty response, in CSV as in JSONL', async () => {
  const line = (prompt: string, chosen: string) => JSON.stringify({ prompt, chosen, rejected: 'no' })
  for (const [name, text] of [
    ['prompt.csv', 'prompt,chosen,rejected\n,yes,no\n'],
    ['prompt.jsonl', line('', 'yes')],
  ] as const)
    await expect(readText(name, text)).rejects.toThrow(
      'field "prompt": found empty text, expected a prompt that says something',
    )
  const csv = await readText('chosen.csv', 'prompt,chosen,rejected\nq,yes,no\nq,,no\n')
  expect(csv).toEqual(await readText('chosen.jsonl', `${line('q', 'yes')}\n${line('q', '')}`).then(numberedFrom2))
  expect(csv.dropped).toMatchObject({ empty_response: 1 })
})

it('takes empty cells of id, subset and margin as absent', async () => {
  const { groups } = await readText('absent.csv', 'id,subset,prompt,chosen,rejected,margin\n,,q,yes,no,\n')
  expect(groups).toHaveLength(1)
  expect(groups[0]).toMatchObject({ id: 'line-2', preferences: [{ chosen: 0, rejected: 1 }] })
  expect(groups[0]?.subset).toBeUndefined()
  expect(groups[0]?.preferences[0]).not.toHaveProperty('margin')
})

/** The header of a CSV file is its line 1. */
const numberedFrom2 = ({ groups, dropped }: Awaited<ReturnType<typeof readText>>) => ({
  groups: groups.map((group) => ({ ...group, id: group.id.replace(/\d+/, (number) => String(Number(number) + 1)) })),
  dropped,
})
