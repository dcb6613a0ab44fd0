// Writes docs/reference.md and docs/options.md from the schemas; with --check, fails where a file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { optionGroups } from '../option-groups.ts'
import { choicesOf, type CommandOption, commandOptions, flagOf } from '../option-schemas.ts'
import { otherNames } from '../other-names.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { isLong, optionSections, sentence, usage } from './help.ts'
import { generalNames, optionMeanings, severalMeanings } from './option-names.ts'
import { inCommandWords } from './words.ts'

const rowsTitle = optionGroups.rows
const readers = 'the verbs that read preferences'
for (const [name, page] of [
  ['reference.md', referencePage()],
  ['options.md', optionsPage()],
] as const) {
  const path = fileURLToPath(new URL(`../../../../docs/${name}`, import.meta.url))
  if (!process.argv.includes('--check')) writeFileSync(path, page)
  else if (!isCurrent(path, page)) process.exitCode = 1
}

function isCurrent(path: string, page: string): boolean {
  try {
    return readFileSync(path, 'utf8') === page
  } catch {
    return false
  }
}

function referencePage(): string {
  const opening = [
    '# Command reference',
    '',
    'Generated from the schemas of the options. Within the clone the command is `npx rewardkit` or `./rewardkit`.',
    '`--help` after a verb prints its common options, `--help-all` prints all of them. [Options by name](options.md)',
    'lists every option with the verbs that have it.',
    '',
    'Every verb also takes `--config FILE.yaml` (a file of options) and `--set key=value` (may be repeated). A later',
    'source wins: defaults, then the file, then typed options, then `--set`. You may write names with dashes or',
    'underscores. Wherever a model is expected, you may name the folder of a run.',
    '',
    'Exit codes: 0 success, 1 failure, 2 wrong usage or input, 3 an evaluation below `--fail-below`, 130 interrupted',
    '(143 by SIGTERM). `REWARDKIT_DEBUG=1` shows where an error arose; `NO_COLOR` turns colours off.',
  ]
  return `${[opening.join('\n'), ...commands.map(verbSection), rowsSection()].join('\n\n')}\n`
}

function verbSection(command: Command): string {
  const all = commandOptions(command.schema)
  // The verbs that read preferences share these options: they have a section of their own.
  const readsRows = all.some(({ key }) => key === 'dataFormat')
  const options = all.filter(({ group }) => !readsRows || group !== 'rows')
  return [
    `## ${command.name}`,
    sentence(command.summary),
    `\`\`\`\n${command.example}\n\`\`\``,
    ...optionSections(options).map(
      ({ title, options: members }) => `**${title}**\n\n${table(members, command.positional)}`,
    ),
    ...(readsRows
      ? [`And the options of [${rowsTitle.toLowerCase()}](#${rowsTitle.toLowerCase().replaceAll(' ', '-')}).`]
      : []),
  ].join('\n\n')
}

/** The options that all verbs which read preferences have in common, once. */
function rowsSection(): string {
  return [
    `## ${rowsTitle}`,
    'For `train`, `evaluate` and the verbs of `data`. [Data](data.md) says which options each layout needs.',
    table(commandOptions(dataOptionsSchema)),
  ].join('\n\n')
}

function table(options: readonly CommandOption[], positional?: string): string {
  const rows = options.map((option) => tableRow(option, positional))
  return ['| Option | Default | Meaning |', '| --- | --- | --- |', ...rows].join('\n')
}

function tableRow(option: CommandOption, positional?: string): string {
  const { defaultText, defaultValue, required } = option
  const standard = required ? 'required' : defaultText === undefined ? '' : defaultText
  const isLiteral = defaultValue !== undefined && !required && standard !== ''
  return `| \`${escaped(usage(option, positional))}\` | ${isLiteral ? `\`${standard}\`` : standard} | ${meaning(option)} |`
}

function meaning({ description, shape }: CommandOption): string {
  const choices = choicesOf(shape)
  if (choices === undefined) return escaped(description)
  if (isLong(choices)) return `${escaped(description)} [names: see [Data](data.md)]`
  return escaped(`${description} [${choices}]`)
}

function optionsPage(): string {
  const exceptions = Object.entries(severalMeanings).map(([key, reason]) => `- \`${flagOf(key)}\`: ${reason}.`)
  const options = optionMeanings(commands).map(
    ({ option, verbs }) => `| \`${escaped(usage(option))}\` | ${verbNames(verbs)} | ${meaning(option)} |`,
  )
  const others = Object.entries(otherNames).map(([name, { words }]) => {
    const [, ours, note] = /^(.+?)( \(.*\))?$/.exec(inCommandWords(words)) ?? []
    return `| \`${flagOf(name)}\` | \`${ours}\`${note ?? ''} |`
  })
  return `${[
    '# Options by name',
    `Generated from the schemas of the options. ${readers[0]?.toUpperCase()}${readers.slice(1)} are \`train\`, \`evaluate\` and the verbs of \`data\`.`,
    'An option name means the same in every verb, except for these:',
    exceptions.join('\n'),
    `Every verb also takes ${generalNames.map((key) => `\`${flagOf(key)}\``).join(', ')}.`,
    ['| Option | Verbs | Meaning |', '| --- | --- | --- |', ...options].join('\n'),
    '## Names of other trainers',
    'If a verb does not have one of these options, its error names the option to use.',
    ['| There | Here |', '| --- | --- |', ...others].join('\n'),
  ].join('\n\n')}\n`
}

/** The verbs by name, or in one phrase where they are all that read preferences. */
function verbNames(verbs: readonly string[]): string {
  const reading = commands.filter(({ schema }) => 'dataFormat' in schema.shape).map(({ name }) => name)
  const others = verbs.filter((verb) => !reading.includes(verb))
  return verbs.length - others.length === reading.length ? [readers, ...others].join(', ') : verbs.join(', ')
}

/** A bar would end the cell. */
function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
