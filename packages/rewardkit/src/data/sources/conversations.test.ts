import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentHooks } from '../../events.ts'
import { openData } from '../open-data.ts'
import { defaultDataOptions } from '../data-options.ts'
import { surveyPreferences } from '../survey.ts'
import type { Group } from '../group.ts'
import { createRowWriter } from './write-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-conversations-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Rows = readonly Readonly<Record<string, string | null>>[]

const quoted = (cell: string | null) => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`)
const kinds = ['jsonl', 'csv', 'parquet'] as const

async function written(kind: (typeof kinds)[number], rows: Rows): Promise<string> {
  const path = join(folder, `rows.${kind}`)
  if (kind === 'csv') {
    const columns = Object.keys(rows[0] ?? {})
    const lines = rows.map((row) => columns.map((column) => quoted(row[column] ?? null)).join(','))
    writeFileSync(path, `${columns.join(',')}\n${lines.join('\n')}\n`)
  } else {
    const writer = createRowWriter(path)
    for (const row of rows) await writer.write(row)
    await writer.commit()
  }
  return path
}

async function read(path: string) {
  const groups: Group[] = []
  const data = await openData(path, defaultDataOptions, [], silentHooks)
  const { notices: reported } = await surveyPreferences(data, undefined, (group) => groups.push(group))
  return { groups, reported: reported.map(({ kind, message }) => `${kind}: ${message.slice(path.length + 2)}`) }
}

const user = { role: 'user', content: 'Name a river.' }
const answer = (content: string) => ({ role: 'assistant', content })
const text = (...messages: readonly object[]) => JSON.stringify(messages)

it.each(kinds)('reads conversations that are JSON text: %s', async (kind) => {
  const rows = [
    { prompt: text(user), chosen: text(answer('Rhine.')), rejected: text(answer('Como.')) },
    { prompt: text(user), chosen: text(answer('Elbe.')), rejected: text(answer('Garda.')) },
  ]
  const { groups, reported } = await read(await written(kind, rows))
  expect(groups.map(({ form, prompt, responses }) => ({ form, prompt, responses }))).toEqual([
    { form: 'messages', prompt: [user], responses: [[answer('Rhine.')], [answer('Como.')]] },
    { form: 'messages', prompt: [user], responses: [[answer('Elbe.')], [answer('Garda.')]] },
  ])
  expect(reported).toEqual(
    ['prompt', 'chosen', 'rejected'].map((column) => `log: column "${column}" holds conversations as JSON text`),
  )
})

it.each(kinds)('leaves responses alone that are JSON of another shape: %s', async (kind) => {
  const shapes = [
    '[]',
    '[{"name": "Rhine"}]',
    '{"role": "assistant", "content": "x"}',
    '["a", "b"]',
    '[{"role": "user"',
    '7',
  ]
  const rows = shapes.map((chosen) => ({ prompt: 'Answer in JSON.', chosen, rejected: 'no' }))
  const { groups, reported } = await read(await written(kind, rows))
  expect(groups.map(({ responses }) => responses[0])).toEqual(shapes.map((shape) => [answer(shape)]))
  expect(reported).toEqual([])
})

it.each(kinds)('refuses a value of another form after conversations, with its line: %s', async (kind) => {
  const rows = [
    { chosen: text(user, answer('Rhine.')), rejected: text(user, answer('Como.')) },
    { chosen: 'Rhine.', rejected: text(user, answer('Como.')) },
  ]
  const path = await written(kind, rows)
  const place = { jsonl: 'line 2', csv: 'line 3', parquet: 'row 2' }[kind]
  await expect(read(path)).rejects.toThrow(
    `${path}, ${place}: column "chosen": found text "Rhine.", expected a JSON list of messages like the values before`,
  )
})

it.each(kinds)('holds to texts where the first one is none, and says so: %s', async (kind) => {
  const rows = [
    { prompt: 'q', chosen: 'Rhine.', rejected: 'no' },
    { prompt: 'q', chosen: text(answer('Elbe.')), rejected: 'no' },
    { prompt: 'q', chosen: text(answer('Oder.')), rejected: 'no' },
  ]
  const { groups, reported } = await read(await written(kind, rows))
  expect(groups[1]?.responses[0]).toEqual([answer(text(answer('Elbe.')))])
  expect(reported).toEqual([
    'warning: column "chosen": 2 values look like conversations, but the first one is other text: all are read as text',
  ])
})

it.each(kinds)('refuses lists as Python prints them: %s', async (kind) => {
  for (const list of [`[{'role': 'user', 'content': 'x'}]`, `[{'from': 'human', 'value': 'x'}]`])
    await expect(read(await written(kind, [{ chosen: list, rejected: 'no' }]))).rejects.toThrow(
      /column "chosen": found a Python list, expected JSON; write it with json\.dumps, or save as Parquet$/,
    )
})
