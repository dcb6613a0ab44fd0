import { optionalName, type Row } from '../fields.ts'
import type { RowOptions } from '../row-options.ts'

const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

/**
 * Whether a row is in one of the languages asked for. Rows and option may say them as codes (`pt-BR`, OASST) or by their
 * English names (`Portuguese`, Chatbot Arena); a code without region takes every region. A row that does not say its
 * language counts as wanted.
 * @param column where the row says its language
 */
export function isWantedLanguage(row: Row, column: string, { languages }: RowOptions): boolean {
  const language = optionalName(row, column)
  if (languages === undefined || language === undefined) return true
  const spoken = new Set([...spellings(language), ...spellings(language.split('-', 1)[0] ?? '')])
  return languages.some((wanted) => spellings(wanted).some((spelling) => spoken.has(spelling)))
}

/** A language unchanged, and its English name if it is a code. */
function spellings(language: string): string[] {
  const name = nameOf(language)
  return [language, ...(name === undefined ? [] : [name])].map((spelling) => spelling.toLowerCase())
}

function nameOf(code: string): string | undefined {
  try {
    return names.of(code)
  } catch {
    return undefined // a name of several words, say
  }
}
