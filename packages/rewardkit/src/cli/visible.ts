/**
 * A text that a terminal can be given: control characters, escape sequences among them, become the pictures that
 * Unicode has for them, and what reorders text becomes U+FFFD. Line ends stay; a tab is two blanks.
 */
export function visible(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\t', '  ')
    .replaceAll(/(?!\n)[\u0000-\u001F]/g, (character) => String.fromCodePoint(0x2400 + character.charCodeAt(0)))
    .replaceAll('\u007F', '\u2421')
    .replaceAll(/[\u0080-\u009F\p{Cs}\u202A-\u202E\u2066-\u2069]/gu, '\u{FFFD}')
}
