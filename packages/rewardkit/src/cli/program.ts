import { Command as Program, CommanderError, Option } from 'commander'
import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { version } from '../version.ts'
import { type Command, commands } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { ourNameFor } from './foreign.ts'
import { type CommandOption, commandOptions, flagOf, isSwitch, shownDefault } from '../options.ts'

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
    await program.parseAsync(words.map(withDashes), { from: 'user' })
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
  for (const command of commands) {
    const options = commandOptions(command.schema)
    const verb = program.command(command.name).summary(command.summary).description(`${command.summary}.`)
    for (const option of options) {
      if (option.key === command.positional) verb.argument(`[${option.key}...]`, option.description)
      else verb.addOption(new Option(usage(option), helpText(option)))
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
      const positional =
        command.positional === undefined || verb.args.length === 0 ? {} : { [command.positional]: verb.args }
      onCode(
        await command.execute({ given: { ...given, ...positional }, set, ...(config !== undefined && { config }) }),
      )
    })
  }
  return program
}

/** `--batch-size <N>`, or the name alone for a switch. */
const usage = (option: CommandOption): string =>
  isSwitch(option) ? option.flag : `${option.flag} <${option.placeholder}>`

function helpText({ description, defaultValue, required }: CommandOption): string {
  if (required) return `${description} (required)`
  if (defaultValue === undefined || defaultValue === false) return description
  return `${description} (default: ${shownDefault(defaultValue)})`
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
  const command = commands.find(({ name }) => name === words[0])
  if (error.code === 'commander.unknownOption') return unknownOption(found, command)
  if (error.code === 'commander.unknownCommand' || !command) {
    const names = commands.map(({ name }) => name)
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
