import { Command as Program, CommanderError, Option } from 'commander'
import { InputError } from '../errors.ts'
import { dataOptionsSchema } from '../data/data-options.ts'
import { nearestName } from '../nearest.ts'
import { version } from '../version.ts'
import type { Command } from './command.ts'
import { commandGroups, commands } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { ourNameFor } from './foreign.ts'
import { type CommandOption, commandOptions, flagOf, isSwitch, shownDefault } from '../option-schemas.ts'

/**
 * Runs the command line and returns the exit code.
 * @param words what stands behind the name of the command
 * @throws InputError for words that are not understood, and whatever the verb throws
 */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  let code: number = exitCodes.success
  const program = createProgram((result) => {
    code = result
  })
  if (words.length === 0) {
    program.outputHelp()
    return exitCodes.success
  }
  try {
    await program.parseAsync(ourWords(words), { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return exitCodes.success
    throw new InputError(explained(error, words), { cause: error })
  }
  return code
}

function createProgram(onCode: (code: number) => void): Program {
  const program = new Program('rewardkit')
    .description('Train, evaluate and explain margin-aware reward models.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError(false)
  const groups = new Map<string, Program>(
    commandGroups.map(({ name, summary }) => [name, program.command(name).description(summary)]),
  )
  for (const command of commands) {
    const options = commandOptions(command.schema)
    const [group = '', name] = command.name.split(' ')
    const parent = name === undefined ? program : (groups.get(group) ?? program)
    const verb = parent
      .command(name ?? group)
      .summary(command.summary)
      .description(`${command.summary}.`)
      .exitOverride()
    for (const option of options) {
      const isPositional = option.key === command.positional
      if (isPositional) verb.argument(isList(option) ? `[${option.key}...]` : `[${option.key}]`, option.description)
      // What stands without a flag may also be named with one, as the other verbs want it.
      const shown = new Option(usage(option), helpText(option)).hideHelp(isPositional)
      if (option.key in dataOptionsSchema.shape) shown.helpGroup('How rows of data are read:')
      verb.addOption(shown)
    }
    verb.option('--config <FILE.yaml>', 'read options from a YAML file; typed ones win over it')
    verb.option(
      '--set <key=value>',
      'set one option, over all others; may be repeated',
      (text, list: string[]) => [...list, text],
      [],
    )
    verb.addHelpText('after', `\nExample: ${command.example}`)
    verb.action(async () => {
      const { config, set, ...given } = verb.opts<{ config?: string; set: string[] }>()
      const position = options.find(({ key }) => key === command.positional)
      const positional =
        !position || verb.args.length === 0 ? {} : { [position.key]: isList(position) ? verb.args : verb.args[0] }
      onCode(
        await command.execute({ given: { ...given, ...positional }, set, ...(config !== undefined && { config }) }),
      )
    })
  }
  return program
}

const isList = ({ shape }: CommandOption): boolean => shape.type === 'array'

/** `--batch-size <N>`, `--columns <NAME=COLUMN...>` where several values may follow, or the name alone for a switch. */
function usage(option: CommandOption): string {
  const { flag, placeholder, takesSeveral } = option
  return isSwitch(option) ? flag : `${flag} <${placeholder}${takesSeveral ? '...' : ''}>`
}

function helpText({ description, defaultValue, required }: CommandOption): string {
  if (required) return `${description} (required)`
  if (defaultValue === undefined || defaultValue === false) return description
  return `${description} (default: ${shownDefault(defaultValue)})`
}

/** The verb that the words begin with, of one word or two. */
const commandOf = (words: readonly string[]): Command | undefined =>
  commands.find(({ name }) => name === words[0] || name === `${words[0]} ${words[1]}`)

/** What was typed in our spelling. `--format` is short for `--data-format` where a verb has no other format to choose. */
function ourWords(words: readonly string[]): string[] {
  const command = commandOf(words)
  const flags = command ? commandOptions(command.schema).map(({ flag }) => flag) : []
  const isShort = flags.includes('--data-format') && !flags.includes('--format')
  return words.map((word) => withDashes(isShort ? word.replace(/^--format(?==|$)/, '--data-format') : word))
}

/** Underscores and capitals of an option's name become dashes; its value behind `=` stays. */
function withDashes(word: string): string {
  const [, name, value = ''] = /^(--[A-Za-z][\w-]*)(=.*)?$/s.exec(word) ?? []
  return name === undefined ? word : `${flagOf(name)}${value}`
}

/** Commander's complaint in one line, with the name that was probably meant. */
function explained(error: CommanderError, words: readonly string[]): string {
  const message = error.message.replace(/^error: /, '').replaceAll(/\s*\n\s*/g, ' ')
  const found = /'([^']+)'/.exec(message)?.[1] ?? ''
  const command = commandOf(words)
  if (error.code === 'commander.unknownOption') return unknownOption(found, command)
  if (error.code === 'commander.unknownCommand' || !command) {
    const [first = ''] = words
    const inGroup = commands
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name }) => name.slice(first.length + 1))
    const names = inGroup.length > 0 ? inGroup : [...new Set(commands.map(({ name }) => name.split(' ')[0] ?? ''))]
    const grouped = commands.find(({ name }) => name.split(' ')[1] === found)
    if (grouped) return `unknown verb "${found}"; did you mean ${grouped.name}?`
    if (inGroup.length > 0 && found === '') return `${first}: expected one of ${inGroup.join(', ')} behind it`
    const near = nearestName(found, names)
    return `unknown verb "${found}"; ${near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`}`
  }
  return `${message}; see rewardkit ${command.name} --help`
}

function unknownOption(word: string, command: Command | undefined): string {
  const flag = word.replace(/=.*$/s, '')
  const names = command
    ? [...commandOptions(command.schema).map((option) => option.flag), '--config', '--set']
    : ['--version', '--help']
  const ours = ourNameFor(flag, names)
  if (ours !== undefined) return `${flag} is ${ours} here`
  const near = nearestName(flag, names)
  const help = command ? `rewardkit ${command.name} --help` : 'rewardkit --help'
  return `unknown option ${flag}; ${near === undefined ? `see ${help}` : `did you mean ${near}?`}`
}
