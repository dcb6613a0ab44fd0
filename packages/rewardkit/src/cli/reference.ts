// Writes docs/reference.md from the schemas; with --check, fails where the file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { type CommandOption, commandOptions, isSwitch, shownDefault } from '../option-schemas.ts'

const dataTitle = 'How rows of data are read'
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
    'Generated from the option schemas. Within the clone the command is `npx rewardkit` or `./rewardkit`.',
    '',
    'Every verb also takes `--config FILE.yaml` (a file of options) and `--set key=value` (may be repeated). A later',
    'source wins: defaults, then the file, then what is typed, then `--set`. Names may be written with dashes or',
    'underscores. A run folder stands for its `model/`.',
    '',
    'Exit codes: 0 success, 1 failure, 2 usage and input, 3 an evaluation below `--fail-below`, 130 interrupted (143 by SIGTERM).',
    '`REWARDKIT_DEBUG=1` shows where an error arose; `NO_COLOR` leaves colours away.',
  ]
  return `${[opening.join('\n'), ...commands.map(section), dataSection()].join('\n\n')}\n`
}

function section(command: Command): string {
  const all = commandOptions(command.schema)
  const readsData = all.some(({ key }) => key === 'dataFormat')
  const options = all.filter(({ key }) => !readsData || !(key in dataOptionsSchema.shape))
  const rows = options.map((option) => tableRow(option, command.positional))
  return [
    `## ${command.name}`,
    '',
    `${command.summary[0]?.toUpperCase()}${command.summary.slice(1)}.`,
    '',
    '```',
    command.example,
    '```',
    '',
    '| Option | Default | Meaning |',
    '| --- | --- | --- |',
    ...rows,
    ...(readsData
      ? ['', `And the options of [how rows of data are read](#${dataTitle.toLowerCase().replaceAll(' ', '-')}).`]
      : []),
  ].join('\n')
}

/** The options that all verbs which read preferences have in common, once. */
function dataSection(): string {
  return [
    `## ${dataTitle}`,
    '',
    'For `train`, `evaluate` and the verbs of `data`. [Data](data.md) says what each layout leaves open.',
    '',
    '| Option | Default | Meaning |',
    '| --- | --- | --- |',
    ...commandOptions(dataOptionsSchema).map((option) => tableRow(option, undefined)),
  ].join('\n')
}

function tableRow(option: CommandOption, positional: string | undefined): string {
  const { description, defaultValue, flag, placeholder, required } = option
  const name =
    option.key === positional
      ? `${placeholder}${option.shape.type === 'array' ? '...' : ''}`
      : isSwitch(option)
        ? flag
        : `${flag} ${placeholder}`
  const isPlain = defaultValue === undefined || defaultValue === false
  const standard = required ? 'required' : isPlain ? '' : `\`${shownDefault(defaultValue)}\``
  return `| \`${escaped(name)}\` | ${standard} | ${escaped(description)} |`
}

/** A bar would end the cell. */
function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
