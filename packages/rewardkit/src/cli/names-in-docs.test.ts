import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { layoutNames } from '../data/layouts/layout-list.ts'
import { families } from '../models/families.ts'
import { createObjective, objectiveNames } from '../objectives/index.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const read = (page: string): string => readFileSync(`${root}${page}`, 'utf8')
const pages = ['README.md', 'packages/rewardkit/README.md', ...namesIn('docs').map((name) => `docs/${name}`)]

function namesIn(folder: string): string[] {
  return readdirSync(`${root}${folder}`).filter((name) => name.endsWith('.md'))
}

/** The names in code in the column with this title, of every table that has one. */
function columnNames(text: string, title: string): string[] {
  const tables = text.split(/\n(?!\|)/).map((block) => block.split('\n').filter((line) => line.startsWith('|')))
  return tables.flatMap(([heading = '', ...rows]) => {
    const column = cells(heading).indexOf(title)
    return column === -1
      ? []
      : rows.flatMap((row) => [...(cells(row)[column] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
  })
}

const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim())

/** Names that a page gives as the value of an option, in a command, a program or a YAML file. */
function valuesOf(option: RegExp, text: string): string[] {
  return [
    ...text.matchAll(new RegExp(`(?:--(?:${option.source})[= ]|\\b(?:${option.source}): )'?([a-z][a-z0-9|-]+)`, 'g')),
  ]
    .flatMap(([, value = '']) => value.split('|'))
    .filter((value) => value !== '')
}

test('docs/concepts.md has a row for every objective, in the order of the list', () => {
  expect(columnNames(read('docs/concepts.md'), '`--objective`')).toEqual(objectiveNames)
})

test('docs/models.md has a row for every family, in the order of the list', () => {
  expect(columnNames(read('docs/models.md'), '`model_type`')).toEqual(families)
})

test('docs/formats.md names the objectives that ignore weights', () => {
  const [, sentence = ''] =
    /([^.]*) compare with a mean that is not defined for weights/.exec(read('docs/formats.md')) ?? []
  const named = objectiveNames.filter((name) => sentence.includes(`\`${name}\``))
  expect(named).toEqual(objectiveNames.filter((name) => !createObjective(name).usesWeight))
})

test('the pages about layouts name each of them once in their tables', () => {
  const named = ['docs/formats.md', 'docs/data.md', 'docs/data-layouts.md'].flatMap((page) => [
    ...columnNames(read(page), 'name'),
    ...columnNames(read(page), 'layout'),
  ])
  expect(named.toSorted()).toEqual([...layoutNames].toSorted())
})

test('names are found in commands, programs and YAML', () => {
  const text =
    "train --objective one-a --to=two\nobjective: 'three', x\n  data_format: four\n--ties drop|half --objective five|six"
  expect(valuesOf(/objective/, text)).toEqual(['one-a', 'three', 'five', 'six'])
  expect(valuesOf(/data_format|to/, text)).toEqual(['two', 'four'])
})

test.each(pages)('%s names objectives and layouts that there are', (page) => {
  const text = read(page)
  const objectives = valuesOf(/objective/, text)
  expect(objectives.filter((name) => !objectiveNames.some((known) => known === name))).toEqual([])
  const layouts = valuesOf(/data-format|data_format|dataFormat|to/, text)
  expect(layouts.filter((name) => !['auto', ...layoutNames].includes(name))).toEqual([])
})
