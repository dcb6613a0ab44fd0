import { expect, it } from 'vitest'

import { hostile } from './fixtures/example-runs.ts'
import { escapeText, html, trusted } from './html.ts'

it('escapes text and attributes, and neither markup nor what is trusted', () => {
  const inner = html`<b title="${'"><i>'}">${'a < b & c'}</b>`
  expect(html`${inner}${trusted('<hr>')}${null}${[1, 'é']}`.text).toBe(
    '<b title="&quot;&gt;&lt;i&gt;">a &lt; b &amp; c</b><hr>1é',
  )
})

it('leaves nothing of hostile text that a browser would act on', () => {
  const escaped = escapeText(hostile)
  for (const character of ['<', '>', '"', "'", '\u0000', '\u202E']) expect(escaped).not.toContain(character)
  expect(escaped).toContain('&lt;script&gt;')
})

it('keeps line ends, tabs and every other letter', () => {
  const text = 'a\n\tb\r\nשלום 🎉 e\u0301'
  expect(escapeText(text)).toBe(text)
})

it('replaces halves of broken characters, which no file can hold', () => {
  expect(escapeText('a\uD83Db')).toBe('a\uFFFDb')
})
