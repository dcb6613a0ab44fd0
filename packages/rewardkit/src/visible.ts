/**
 * A text that a terminal can be given: control characters, escape sequences among them, become the pictures that
 * Unicode has for them, and what reorders text becomes U+FFFD. Line ends stay; a tab is two blanks.
 */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replaceAll(/(?!\n)[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/gu, (character) => {
      const code = character.charCodeAt(0)
      if (code === 0x7f) return '\u2421'
      return code < 0x20 ? String.fromCodePoint(0x2400 + code) : '\u{FFFD}'
    })
}
