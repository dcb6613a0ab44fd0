import { describe, expect, it } from 'vitest'
import { defaultRowOptions } from '../row-options.ts'
import { isWantedLanguage } from './language.ts'

const isWanted = (lang: unknown, languages?: string[]) =>
  isWantedLanguage({ lang }, 'lang', { ...defaultRowOptions, languages })

describe('isWantedLanguage', () => {
  it.each([
    ['en', ['en'], true],
    ['en', ['de', 'EN'], true],
    ['en', ['English'], true],
    ['English', ['en'], true],
    ['English', ['english'], true],
    ['German', ['en', 'de'], true],
    ['de', ['en'], false],
    ['German', ['English'], false],
    ['pt-BR', ['pt'], true],
    ['pt-BR', ['Portuguese'], true],
    ['pt-BR', ['Brazilian Portuguese'], true],
    ['pt', ['pt-BR'], false],
    ['Portuguese', ['pt'], true],
    ['uk-UA', ['Ukrainian'], true],
    ['unknown', ['en'], false],
    ['', ['en'], true],
  ] as const)('%s with --languages %s: %s', (language, wanted, expected) => {
    expect(isWanted(language, [...wanted])).toBe(expected)
  })

  it('wants all where none is asked for, and rows that do not say their language', () => {
    expect(isWanted('de')).toBe(true)
    expect(isWanted(null, ['en'])).toBe(true)
    expect(isWanted(undefined, ['en'])).toBe(true)
    expect(() => isWanted(true, ['en'])).toThrow('field "lang": found boolean true')
  })
})
