import { expect, test } from 'vitest'
import { compileChatTemplate } from './chat-template.ts'

const trimmed = (content: string) =>
  compileChatTemplate('<{{ messages[0].content | trim }}>', {}, 'a template')([{ role: 'user', content }])

// What Python's str.strip() makes of each: print(ascii("...".strip())).
test.each([
  ['\ufeff mark \ufeff', '\ufeff mark \ufeff'],
  ['\ufdd0 noncharacter \ufdd0\ufeff', '\ufdd0 noncharacter \ufdd0\ufeff'],
  ['\x1c\x1d\x1e\x1f\x85 \u3000separators\x85\u2003\x1f', 'separators'],
  ['a\x1cb\x85c\u1680d\u2029\ufeff\u1680', 'a\x1cb\x85c\u1680d\u2029\ufeff'],
  ['\u200b\0zero width and null\0\u200b', '\u200b\0zero width and null\0\u200b'],
])('trims %j as Python does', (content, expected) => {
  expect(trimmed(content)).toBe(`<${expected}>`)
})
