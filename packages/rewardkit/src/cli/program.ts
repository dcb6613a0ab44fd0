import { Command as Program, CommanderError, Option } from 'commander'
import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { version } from '../version.ts'
import { type Command, print } from './command.ts'
import { commandGroups, commands } from './commands.ts'
import { exitCodes } from './exit-codes.ts'
import { type CommandOption, commandOptions, flagOf } from '../option-schemas.ts'
import { ourNameFor } from '../other-names.ts'
import { type Phrase, phrase } from '../phrase.ts'
import { helpWidth, usage, verbHelp, verbList } from './help.ts'

const about = 'train, evaluate and explain margin-aware reward models'

/**
 * Runs the command line and returns the exit code.
 * @param words what follows the name of the command
 * @throws InputError for unknown words, and whatever the verb throws
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
  const width = helpWidth(process.stdout.columns)
  const program = new Program('rewardkit')
    .version(version, '--version')
    .helpOption('-h, --help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .showSuggestionAfterError(false)
    .configureHelp({ formatHelp: () => `${verbList('rewardkit', about, commands, width)}\n` })
  const groups = new Map<string, Program>(
    commandGroups.map(({ name, summary }) => {
      const verbs = commands.filter((command) => command.name.startsWith(`${name} `))
      const formatHelp = () => `${verbList(`rewardkit ${name}`, summary, verbs, width)}\n`
      return [name, program.command(name).configureHelp({ formatHelp })]
    }),
  )
  for (const command of commands) {
    const options = commandOptions(command.schema)
    const [group = '', name] = command.name.split(' ')
    const parent = name === undefined ? program : (groups.get(group) ?? program)
    const help = (all: boolean) => verbHelp(command, { all, width })
    const verb = parent
      .command(name ?? group)
      .exitOverride()
      .configureHelp({ formatHelp: () => `${help(false)}\n` })
    for (const option of options) {
      if (option.key === command.positional) verb.argument(isList(option) ? `[${option.key}...]` : `[${option.key}]`)
      // What a verb takes without a flag may also be given with one, as in the other verbs.
      verb.addOption(new Option(parsedUsage(option)))
    }
    verb.option('--help-all')
    verb.option('--config <FILE.yaml>')
    verb.option('--set <key=value>', '', (text, list: string[]) => [...list, text], [])
    verb.action(async () => {
      const { helpAll, config, set, ...given } = verb.opts<{ helpAll?: true; config?: string; set: string[] }>()
      if (helpAll) return print(help(true))
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

/** The usage in commander's words, with the dots of several values within the brackets. */
const parsedUsage = (option: CommandOption): string => usage(option).replace(/>\.\.\.$/, '...>')

/** The verb that the words begin with, of one word or two. */
const commandOf = (words: readonly string[]): Command | undefined =>
  commands.find(({ name }) => name === words[0] || name === `${words[0]} ${words[1]}`)

/** What was typed in our spelling. `--format` is short for `--data-format` where a verb has no other format to choose. */
function ourWords(words: readonly string[]): string[] {
  const command = commandOf(words)
  // Lists of verbs have one help.
  if (!command) return words.map((word) => (word === '--help-all' ? '--help' : withDashes(word)))
  const flags = commandOptions(command.schema).map(({ flag }) => flag)
  const isShort = flags.includes('--data-format') && !flags.includes('--format')
  return words.map((word) => withDashes(isShort ? word.replace(/^--format(?==|$)/, '--data-format') : word))
}

/** Underscores and capitals of an option's name become dashes; its value after `=` stays. */
function withDashes(word: string): string {
  const [, name, value = ''] = /^(--[A-Za-z][\w-]*)(=.*)?$/s.exec(word) ?? []
  return name === undefined ? word : `${flagOf(name)}${value}`
}

/** Commander's complaint in one line, with the name that was probably meant. */
function explained(error: CommanderError, words: readonly string[]): string | Phrase {
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
    if (inGroup.length > 0 && found === '') return `${first}: expected one of ${inGroup.join(', ')} after it`
    const near = nearestName(found, names)
    return `unknown verb "${found}"; ${near === undefined ? `expected one of ${names.join(', ')}` : `did you mean ${near}?`}`
  }
  return `${message}; see rewardkit ${command.name} --help`
}

function unknownOption(word: string, command: Command | undefined): string | Phrase {
  const flag = word.replace(/=.*$/s, '')
  const options = command ? commandOptions(command.schema) : []
  const keys = options.map(({ key }) => key)
  const ours = ourNameFor(flag, keys)
  if (ours) return phrase`${flag} is ${ours} here`
  const general = command ? ['--config', '--set', '--help', '--help-all'] : ['--version', '--help']
  const names = [...keys.map(flagOf), ...general]
  const near = nearestName(flag, names)
  const help = command ? `rewardkit ${command.name} --help` : 'rewardkit --help'
  return `unknown option ${flag}; ${near === undefined ? `see ${help}` : `did you mean ${near}?`}`
}
