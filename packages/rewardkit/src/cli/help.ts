import { Help } from 'commander'
import { optionGroups } from '../option-groups.ts'
import { choicesOf, type CommandOption, commandOptions, isSwitch } from '../option-schemas.ts'
import type { Command } from './command.ts'

/** Where the texts begin: flags up to here share the line with their text, longer ones are above it. */
const textColumn = 28
/** A longer list of choices comes with `--help-all` alone. */
const mostChoices = 10

/** What `--help` shows, or `--help-all`, and how wide. */
export interface HelpStyle {
  readonly all: boolean
  readonly width: number
}

/** Columns of the terminal that help may fill: 80 where there is no terminal, 100 at most. */
export const helpWidth = (columns: number | undefined): number => Math.min(Math.max(columns ?? 80, 60), 100)

/** The help of a verb: its options by heading, the common ones or all. */
export function verbHelp(command: Command, { all, width }: HelpStyle): string {
  const options = commandOptions(command.schema)
  const shown = options.filter(({ advanced }) => all || !advanced)
  const sections = optionSections(shown).map(({ title, options: members }) =>
    section(
      title,
      members.map((option) => [usage(option, command.positional), optionText(option, all)]),
      width,
    ),
  )
  const hidden = options.length - shown.length
  const more = hidden === 0 ? 'print all options' : `print all options, ${hidden} more than these`
  return [
    lines(`Usage: rewardkit ${command.name} ${usageOf(options, command.positional)}`, width - 2).join('\n  '),
    lines(sentence(command.summary), width).join('\n'),
    ...sections,
    section(
      'Options of every verb',
      [
        ['--config <FILE.yaml>', 'read options from a YAML file; options on the command line override it'],
        ['--set <key=value>', 'set one option, overriding all other sources; may be repeated'],
        ['-h, --help', 'print the common options'],
        ['--help-all', more],
      ],
      width,
    ),
    `Example:\n  ${command.example}`,
  ].join('\n\n')
}

/** The help of the program, or of a group of verbs. */
export function verbList(
  name: string,
  summary: string,
  verbs: readonly { readonly name: string; readonly summary: string }[],
  width: number,
): string {
  const isProgram = name === 'rewardkit'
  return [
    `Usage: ${name} <VERB> [options]`,
    lines(sentence(summary), width).join('\n'),
    section(
      'Verbs',
      verbs.map((verb) => [verb.name, verb.summary]),
      width,
    ),
    section(
      'Options',
      [
        ['-h, --help', `print this help; after a verb, its common options (--help-all: all of them)`],
        ...(isProgram ? [['--version', 'print the version'] as const] : []),
      ],
      width,
    ),
  ].join('\n\n')
}

/** Options under their headings, in the order of the headings. */
export function optionSections(
  options: readonly CommandOption[],
): { readonly title: string; readonly options: readonly CommandOption[] }[] {
  return Object.entries(optionGroups)
    .map(([group, title]) => ({
      title,
      options: options
        .filter((option) => option.group === group)
        .toSorted((one, other) => Number(one.advanced) - Number(other.advanced)),
    }))
    .filter(({ options: members }) => members.length > 0)
}

/** `--batch-size <N>`, `--columns <NAME=COLUMN>...` where several values may follow, or the name alone for a switch. */
export function usage(option: CommandOption, positional?: string): string {
  const value = `<${option.placeholder}>`
  if (option.key === positional) return option.shape.type === 'array' ? `${value}...` : value
  return isSwitch(option) ? option.flag : `${option.flag} ${value}${option.takesSeveral ? '...' : ''}`
}

/** What an option means, with what can be chosen and the default. */
export function optionText(option: CommandOption, all = true): string {
  const choices = choicesOf(option.shape)
  const notes = [
    choices === undefined ? '' : isLong(choices) && !all ? 'choices: see --help-all' : choices,
    option.required ? 'required' : option.defaultText === undefined ? '' : `default: ${option.defaultText}`,
  ].filter((note) => note !== '')
  return notes.length === 0 ? option.description : `${option.description} [${notes.join('; ')}]`
}

/** True for choices in words that would fill a paragraph. */
export const isLong = (choices: string): boolean => choices.split(', ').length > mostChoices

/** What must be given, then the rest. */
function usageOf(options: readonly CommandOption[], positional: string | undefined): string {
  const needed = options.filter(({ required, key }) => required || key === positional)
  return [...needed.map((option) => usage(option, positional)), '[options]'].join(' ')
}

function section(title: string, rows: readonly (readonly [string, string])[], width: number): string {
  return [`${title}:`, ...rows.flatMap(([term, text]) => entry(term, text, width))].join('\n')
}

/** A term and its text beside it, or below where the term is long. */
function entry(term: string, text: string, width: number): string[] {
  const indent = ' '.repeat(textColumn)
  const start = `  ${term}`
  const [first = '', ...others] = lines(text, width - textColumn)
  const opening = start.length > textColumn - 2 ? [start, `${indent}${first}`] : [`${start.padEnd(textColumn)}${first}`]
  return [...opening, ...others.map((line) => `${indent}${line}`)]
}

const wrapper = Object.assign(new Help(), { minWidthToWrap: 1 })
const lines = (text: string, width: number): string[] => wrapper.boxWrap(text, width).split('\n')

/** A summary as a sentence of its own. */
export const sentence = (summary: string): string => `${summary[0]?.toUpperCase() ?? ''}${summary.slice(1)}.`
