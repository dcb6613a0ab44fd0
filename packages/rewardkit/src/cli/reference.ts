// Writes docs/reference.md from the schemas; with --check, fails where the file differs.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from './command.ts'
import { commands } from './commands.ts'
import { type CommandOption, commandOptions, isSwitch, shownDefault } from '../options.ts'

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
    'Exit codes: 0 success, 1 failure, 2 usage and input, 3 an evaluation below `--fail-below`, 130 interrupted.',
    '`REWARDKIT_DEBUG=1` shows where an error arose; `NO_COLOR` leaves colours away.',
  ]
  return `${[opening.join('\n'), ...commands.map(section)].join('\n\n')}\n`
}

function section(command: Command): string {
  const options = commandOptions(command.schema)
  const rows = options.map((option) => tableRow(command, option))
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
  ].join('\n')
}

function tableRow(command: Command, option: CommandOption): string {
  const { description, defaultValue, flag, placeholder, required } = option
  const name =
    option.key === command.positional ? `${placeholder}...` : isSwitch(option) ? flag : `${flag} ${placeholder}`
  const isPlain = defaultValue === undefined || defaultValue === false
  const standard = required ? 'required' : isPlain ? '' : `\`${shownDefault(defaultValue)}\``
  return `| \`${escaped(name)}\` | ${standard} | ${escaped(description)} |`
}

/** A bar would end the cell. */
function escaped(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
