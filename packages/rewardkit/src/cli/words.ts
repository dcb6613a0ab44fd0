import { flagOf } from '../option-schemas.ts'
import { type Phrase, renderPhrase, type SettingValue, type Vocabulary } from '../phrase.ts'

/** The words of the command line: `--max-length 512 --on-error skip`, ready to be pasted into a shell. */
const commandVocabulary: Vocabulary = {
  option: flagOf,
  settings: (settings) =>
    Object.entries(settings)
      .map(([name, value]) => [flagOf(name), ...wordsFor(value)].join(' '))
      .join(' '),
  command: (words) => `rewardkit ${words}`,
}

/** What a front end says, in the words of the command line. */
export const inCommandWords = (words: string | Phrase): string => renderPhrase(words, commandVocabulary)

const wordsFor = (value: SettingValue): string[] => {
  if (value === true) return []
  return (typeof value === 'object' ? value : [String(value)]).map(quoted)
}

/** As a shell takes it. */
const quoted = (text: string): string =>
  text === '' || /[^\w.,=:@%+/-]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : text
