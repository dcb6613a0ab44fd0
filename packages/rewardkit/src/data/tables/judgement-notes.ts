import { counted } from '../../counted.ts'
import { logLine, type Notice, warning } from '../../events.ts'
import { option, phrase, settings } from '../../phrase.ts'
import type { Layout } from '../layouts/layout.ts'
import { valueKey } from './choices.ts'
import { columnsOf, type Judgements } from './judgements.ts'
import { mostPairsOfPrompt } from './ratings.ts'
import { wordsOf } from './proposal.ts'
import { tellsStrength } from './verdict-words.ts'

/** Values that are listed; the rest is counted. */
const mostListed = 12

/** What there is to say of the judgements that were read. */
export function judgementNotes(judgements: Judgements, table: Layout['name'] | undefined): Notice[] {
  // Without a table there are judgements in unpaired rows only.
  const name = table ?? (judgements.words.size > 0 ? 'unpaired' : undefined)
  if (name === 'verdicts') return [...verdictNotes(judgements), ...unusedChoices(judgements)]
  if (name === 'rankings') return rankingNotes(judgements)
  if (name === 'ratings' || name === 'unpaired') return ratingNotes(judgements, name)
  return []
}

/** `"A" as a (10), "B" as b (9)`, the most frequent first. */
function listedWords({ words }: Judgements): string {
  const all = [...words.values()].toSorted((one, other) => other.count - one.count)
  const listed = all
    .slice(0, mostListed)
    .map(({ shown, meaning, count }) => `"${shown}" as ${meaning} (${count.toLocaleString('en-US')})`)
  return `${listed.join(', ')}${all.length > mostListed ? `, and ${all.length - mostListed} more` : ''}`
}

function verdictNotes(judgements: Judgements): Notice[] {
  const { words, counts, named } = judgements
  const [column = 'choice'] = columnsOf(judgements, 'choice')
  const all = [...words.values()].toSorted((one, other) => other.count - one.count)
  if (all.length === 0) return []
  const isList = named.some(({ name }) => name === 'responses')
  const notices: Notice[] = [
    logLine(`column "${column}" is read${isList ? ' as an index from 0' : ''}: ${listedWords(judgements)}`),
  ]
  const strengths = counts.get('strengths') ?? 0
  if (strengths > 0) {
    const example = all.find(({ shown }) => tellsStrength(valueKey(shown)))
    notices.push(
      logLine(
        phrase`column "${column}": ${counted(strengths, 'verdict')} with a word of strength, of which only the preferred side is read; ${settings({ choices: `${example?.shown}=${example?.meaning}:3` })} also gives a margin`,
      ),
    )
  }
  if (
    isList &&
    all.length > 1 &&
    all.every(({ meaning }) => /^answer [1-9]/.test(meaning) || !meaning.startsWith('answer'))
  )
    notices.push(
      warning(
        phrase`column "${column}" is read as an index from 0, but is never 0: if it counts from 1, give ${settings({ choices: '1=0, 2=1' })} and so on`,
      ),
    )
  return notices
}

/** A value of the map that no row has is most often misspelt, where other values were read without the map. */
function unusedChoices({ choices, words }: Judgements): Notice[] {
  const unused = [...choices.keys()].filter((key) => !words.has(key))
  const unmapped = [...words].filter(([key]) => !choices.has(key)).map(([, { shown }]) => `"${shown}"`)
  if (unused.length === 0 || unmapped.length === 0) return []
  return [
    warning(
      phrase`${option('choices')}: no row that was read has ${unused.map((key) => `"${key}"`).join(', ')}, and the map does not have ${unmapped.slice(0, mostListed).join(', ')}: check the spelling`,
    ),
  ]
}

function rankingNotes(judgements: Judgements): Notice[] {
  const { counts } = judgements
  const columns = columnsOf(judgements, 'responses').join(', ')
  const lines = [
    [
      'rows in the order of their columns',
      `the answers in ${columns} are read as ranked, the best one first, because no column says otherwise`,
    ],
    ['ranks', `"${columnsOf(judgements, 'ranks').join(', ')}" is read as the rank of each answer, 1 for the best`],
    [
      'scores',
      `"${columnsOf(judgements, 'scores').join(', ')}" is read as the score of each answer, where higher is better`,
    ],
    ['rows with an empty answer', `empty cells among ${columns} are not answers`],
  ] as const
  return lines.flatMap(([what, text]): Notice[] => {
    const count = counts.get(what)
    return count === undefined ? [] : [logLine(`${text} (${counted(count, 'row')})`)]
  })
}

function ratingNotes(judgements: Judgements, layout: 'ratings' | 'unpaired'): Notice[] {
  const { words, counts } = judgements
  const column = layout === 'unpaired' ? 'label' : (columnsOf(judgements, 'rating')[0] ?? 'rating')
  const meanings = [...words.values()].filter(({ meaning }) => meaning !== 'no rating')
  if (meanings.length === 0) return []
  const numbers = meanings.map(({ meaning }) => Number(meaning))
  const isPlain = meanings.every(({ shown, meaning }) => shown === meaning)
  const range = isPlain ? `${Math.min(...numbers)} to ${Math.max(...numbers)}` : listedWords(judgements)
  const of = (what: string, noun: string) => counted(counts.get(what) ?? 0, noun)
  const notices: Notice[] = [
    logLine(
      `column "${column}" is read as a rating where higher is better: ${range}; ${of('rated answers', 'rated answer')} of ${of('groups', 'prompt')} make ${of('pairs', 'pair')}`,
    ),
  ]
  if (isPlain && numbers.length > 1 && wordsOf(column).includes('rank')) {
    const ranks = numbers.toSorted((one, other) => one - other)
    const map = ranks.slice(0, mostListed).map((rank) => `${rank}=${0 - rank}`)
    notices.push(
      warning(
        phrase`column "${column}" is named like a rank, and ${ranks.at(-1) ?? ''} is read as the best: if ${ranks[0] ?? ''} is the best, give ${settings({ choices: map.join(', ') })}${ranks.length > mostListed ? ' and so on' : ''}`,
      ),
    )
  }
  const lines = [
    ['rows without a partner', 'left out, because no other answer to their prompt has a different rating'],
    [
      'rows with an answer that came before',
      'with an answer that came before: equal answers to a prompt count as one, with the mean of their ratings',
    ],
  ] as const
  for (const [what, text] of lines) {
    const count = counts.get(what)
    if (count !== undefined) notices.push(logLine(`${counted(count, 'row')} ${text}`))
  }
  const capped = counts.get('prompts of which not all pairs are used')
  if (capped !== undefined)
    notices.push(
      logLine(
        phrase`${counted(capped, 'prompt')} with more pairs than are used for one prompt: a random sample is used, drawn from a fixed seed (${option('pairsPerPrompt')} sets its size; the default is ${mostPairsOfPrompt})`,
      ),
    )
  return notices
}
