import { expect, test } from 'vitest'
import { commandOptions } from '../option-schemas.ts'
import { commands } from './commands.ts'
import { generalNames, optionMeanings, severalMeanings } from './option-names.ts'

const meanings = optionMeanings(commands)
const countOf = (key: string): number => meanings.filter(({ option }) => option.key === key).length

test('a name means the same in every verb, but for those that say why not', () => {
  const keys = [...new Set(meanings.map(({ option }) => option.key))]
  expect(keys.filter((key) => countOf(key) > 1).toSorted()).toEqual(Object.keys(severalMeanings).toSorted())
})

test('every option of every verb is in the table', () => {
  for (const { name, schema } of commands) {
    const listed = meanings.filter(({ verbs }) => verbs.includes(name)).map(({ option }) => option.key)
    expect(listed.toSorted()).toEqual(
      commandOptions(schema)
        .map(({ key }) => key)
        .toSorted(),
    )
  }
})

test('no verb takes a name that all verbs have', () => {
  expect(generalNames.filter((key) => countOf(key) > 0)).toEqual([])
})
