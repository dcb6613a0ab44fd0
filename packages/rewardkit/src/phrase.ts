/**
 * What an error, warning or log line says, with the options and commands that it names as data. A front end writes
 * those in its own words; every other part is our text or the user's, and stays unchanged. Plain data: it crosses
 * threads.
 */
export interface Phrase {
  readonly parts: readonly Part[]
}

type Part = string | OptionName | Settings | CommandLine

/** The name of an option: `--max-length`, `maxLength`. */
interface OptionName {
  readonly option: string
}

/** Options with values, ready to use: `--max-length 512 --resume`, `maxLength: 512, resume: true`. */
interface Settings {
  readonly settings: Readonly<Record<string, SettingValue>>
}

/** A verb of the command with what follows it: `rewardkit data inspect`. */
interface CommandLine {
  readonly command: string
}

/** True for a switch. */
export type SettingValue = string | number | true | readonly string[]

/** How a front end names options and commands. */
export interface Vocabulary {
  option(name: string): string
  settings(settings: Readonly<Record<string, SettingValue>>): string
  command(command: string): string
}

/**
 * A tag for templates: phrase`${option('out')} ${folder} is not empty`. Texts and numbers that are put in are never
 * rewritten; a phrase that is put in keeps its parts.
 */
export function phrase(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Phrase | Exclude<Part, string>)[]
): Phrase {
  const parts = texts.flatMap((text, index): readonly Part[] => {
    const value = values[index - 1]
    if (value === undefined) return [text]
    if (typeof value === 'object') return [...('parts' in value ? value.parts : [value]), text]
    return [String(value), text]
  })
  return { parts: parts.filter((part) => part !== '') }
}

/** The name of an option, as in code: `option('maxLength')`. */
export const option = (name: string): OptionName => ({ option: name })

/** Options with values that solve or caused something: `settings({ maxLength: 512 })`. */
export const settings = (given: Settings['settings']): Settings => ({ settings: given })

/** What to run in a shell: `command('data inspect')`. */
export const command = (words: string): CommandLine => ({ command: words })

/** A text is a phrase that names no option. */
export const asPhrase = (words: string | Phrase): Phrase => (typeof words === 'string' ? { parts: [words] } : words)

/** Several phrases with the same text between them. */
export function joinPhrases(phrases: readonly (string | Phrase)[], separator: string): Phrase {
  return { parts: phrases.flatMap((one, index) => [...(index > 0 ? [separator] : []), ...asPhrase(one).parts]) }
}

/** A phrase as one text, in the words of a front end. */
export function renderPhrase(words: string | Phrase, vocabulary: Vocabulary): string {
  const texts = asPhrase(words).parts.map((part) => {
    if (typeof part === 'string') return part
    if ('option' in part) return vocabulary.option(part.option)
    return 'settings' in part ? vocabulary.settings(part.settings) : vocabulary.command(part.command)
  })
  return texts.join('')
}

/** The words of a program, which `message` of errors and events is in: `maxLength: 512, onError: 'skip'`. */
const programVocabulary: Vocabulary = {
  option: (name) => name,
  settings: (given) =>
    Object.entries(given)
      .map(([name, value]) => `${name}: ${literal(value)}`)
      .join(', '),
  command: (words) => `npx rewardkit ${words}`,
}

export const inProgramWords = (words: string | Phrase): string => renderPhrase(words, programVocabulary)

/** A value as a program writes it. */
function literal(value: SettingValue): string {
  if (typeof value === 'object') return `[${value.map(literal).join(', ')}]`
  if (typeof value !== 'string') return String(value)
  return /['\\]|\p{Cc}/u.test(value) ? JSON.stringify(value) : `'${value}'`
}
