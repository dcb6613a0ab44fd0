import { describe, expect, test } from 'vitest'
import { optionGroups } from '../option-groups.ts'
import { commandOptions } from '../option-schemas.ts'
import { commands } from './commands.ts'
import { trainCommandSchema } from './command-schemas.ts'
import { helpWidth, optionText, verbHelp, verbList } from './help.ts'

const verbs = commands.map((command) => ({ name: command.name, command }))
const occurrences = (text: string, flag: string): number =>
  [...text.matchAll(/^ {2}(?:-h, )?(--[a-z-]+)/gm)].filter(([, found]) => found === flag).length

describe.each(verbs)('$name', ({ command }) => {
  const options = commandOptions(command.schema)
  const flags = options.filter(({ key }) => key !== command.positional).map(({ flag }) => flag)
  const common = verbHelp(command, { all: false, width: 80 })
  const all = verbHelp(command, { all: true, width: 80 })

  test('no line is wider than the terminal', () => {
    for (const width of [60, 80, 100]) {
      const [text = ''] = verbHelp(command, { all: true, width }).split('Example:')
      expect(text.split('\n').filter((line) => line.length > width)).toEqual([])
    }
    // The example, which is not wrapped, too.
    for (const text of [common, all]) expect(text.split('\n').filter((line) => line.length > 80)).toEqual([])
  })

  test('--help-all shows every option once', () => {
    for (const flag of [...flags, '--config', '--set', '--help', '--help-all'])
      expect([flag, occurrences(all, flag)]).toEqual([flag, 1])
  })

  test('--help shows the common options, and says how to see the others', () => {
    for (const { flag, advanced } of options.filter(({ key }) => key !== command.positional))
      expect([flag, occurrences(common, flag)]).toEqual([flag, advanced ? 0 : 1])
    expect(common).toContain('--help-all')
  })

  test('what is required is common', () => {
    expect(options.filter(({ required, advanced }) => required && advanced)).toEqual([])
  })

  test('every option has a text, and a value in words', () => {
    for (const option of options) {
      expect(option.description).toMatch(/^\S.*[^.\s]$/)
      expect([option.flag, option.placeholder]).not.toEqual([option.flag, 'TEXT'])
    }
  })
})

test('the headings have one order', () => {
  for (const { command } of verbs) {
    const titles = [...verbHelp(command, { all: true, width: 80 }).matchAll(/^(\S.*):$/gm)].map(([, title]) => title)
    const headings = Object.values(optionGroups).filter((title) => titles.includes(title))
    expect(titles).toEqual([...headings, 'Options of every verb', 'Example'])
  }
})

test('choices, default and need are in the text', () => {
  const text = (key: string) =>
    commandOptions(trainCommandSchema)
      .filter((option) => option.key === key)
      .map((option) => optionText(option, false))
      .join('')
  expect(text('missingMargin')).toMatch(/\[error, drop or a number; default: error\]$/)
  expect(text('out')).toMatch(/\[required\]$/)
  expect(text('saveEvery')).toMatch(/\[default: 500\]$/)
  expect(text('dataFormat')).toMatch(/\[choices: see --help-all; default: auto\]$/)
  expect(text('resume')).not.toContain('[')
})

test('the list of verbs names them all within 80 columns', () => {
  const list = verbList('rewardkit', 'train and evaluate', commands, 80)
  for (const { name, summary } of commands) {
    expect(list).toMatch(new RegExp(`^  ${name}  `, 'm'))
    expect(list.replaceAll(/\s+/g, ' ')).toContain(summary)
  }
  expect(list.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(list).toContain('--help-all')
})

test.each([
  [undefined, 80],
  [72, 72],
  [91, 91],
  [240, 100],
  [20, 60],
])('a terminal of %s columns has help of %i', (columns, width) => {
  expect(helpWidth(columns)).toBe(width)
})
