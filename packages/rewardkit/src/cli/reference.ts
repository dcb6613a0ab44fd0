// Writes docs/reference.md from the schemas; with --check, fails where the file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { optionGroups } from '../option-groups.ts'
import { choicesOf, type CommandOption, commandOptions } from '../option-schemas.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { optionSections, sentence, usage } from './help.ts'

const rowsTitle = optionGroups.rows
const path = fileURLToPath(new URL('../../../../docs/reference.md', import.meta.url))
const page = referencePage()
if (!process.argv.includes('--check')) writeFileSync(path, page)
else if (!isCurrent()) process.exitCode = 1

function isCurrent(): boolean {
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
    '`--help` after a verb prints its common options, `--help-all` prints all of them.',
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
  const { description, defaultText, defaultValue, required, shape } = option
  const standard = required ? 'required' : defaultText === undefined ? '' : defaultText
  const isLiteral = defaultValue !== undefined && !required && standard !== ''
  const choices = choicesOf(shape)
  const meaning = choices === undefined ? description : `${description} [${choices}]`
  return `| \`${escaped(usage(option, positional))}\` | ${isLiteral ? `\`${standard}\`` : standard} | ${escaped(meaning)} |`
}

/** A bar would end the cell. */
function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
