import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { z } from 'zod'
import { folderOf } from './fixtures/fixtures.ts'
import { savedTokenizerFiles } from './saved-files.ts'
import { loadTokenizer } from './tokenizer.ts'

const ownPython = fileURLToPath(new URL('../../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const script = fileURLToPath(new URL('fixtures/moved_clock.py', import.meta.url))

const root = mkdtempSync(join(tmpdir(), 'template-date-'))
afterAll(() => rmSync(root, { recursive: true }))

const messages = [
  { role: 'user', content: 'which day is it?' },
  { role: 'assistant', content: 'see above' },
]
const renderedOn = (folder: string, days: readonly string[]): string[] => {
  const output = execFileSync(python, [script, folder, ...days], { input: JSON.stringify(messages), encoding: 'utf8' })
  return z.array(z.string()).parse(JSON.parse(output))
}

const turns = '{%- for m in messages %}{{- m.role + ": " + m.content + "</s>" }}{%- endfor %}'
const llama = `{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now("%d %b %Y") %}
    {%- else %}
        {%- set date_string = "26 Jul 2024" %}
    {%- endif %}
{%- endif %}
{{- "Today Date: " + date_string + "\\n" }}${turns}`
const everything = '%Y %y %m %B %b %d %A %a %H %I %p %M %S 100 %% %%d %B%%'
const templates = {
  llama,
  'in a loop': `{% for m in messages %}{{ strftime_now('%Y-%m-%d') }} {{ m.content }}{% endfor %}`,
  'in a macro of its own': `{% macro head() %}<{{ strftime_now('%A, %d %B %Y') }}>{% endmacro %}\n\n  {{ head() }}${turns}`,
  'every directive': `\n   {% if true %}\n {{ strftime_now('${everything}') }}{% endif %}\n${turns}`,
}

it.each(Object.entries(templates))('transformers prints the pinned day on any day: %s', async (name, template) => {
  const folder = join(root, `${name} original`)
  cpSync(folderOf('words'), folder, { recursive: true })
  writeFileSync(join(folder, 'chat_template.jinja'), template)
  const pinned = await loadTokenizer(folder, { templateDate: '2026-07-05' })
  const saved = join(root, `${name} saved`)
  cpSync(folder, saved, { recursive: true })
  for (const [file, text] of Object.entries(savedTokenizerFiles(pinned))) writeFileSync(join(saved, file), text)
  const days = ['2026-07-05', '2031-12-30']
  const [today, later] = renderedOn(folder, days)
  // The clock does move, and on the pinned day nothing else is another than the time.
  expect(later).not.toBe(today)
  expect(pinned.chat?.render(messages)).toBe(today?.replace('23 11 PM 45', '00 12 AM 00'))
  expect(renderedOn(saved, days)).toEqual([pinned.chat?.render(messages), pinned.chat?.render(messages)])
  const again = await loadTokenizer(saved)
  expect(again.chat?.render(messages)).toBe(pinned.chat?.render(messages))
})
