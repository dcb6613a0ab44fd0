import { counted } from '../../counted.ts'
import type { Told } from '../../events.ts'
import type { RowFormat } from '../formats/format.ts'
import { columnsOf, type Judgements } from './judgements.ts'

/** Values that are listed; the rest is counted. */
const mostListed = 12

/** What there is to say of the judgements that were read. */
export function judgementNotes(judgements: Judgements, name: RowFormat['name'] | undefined): Told[] {
  if (name === 'verdicts') return verdictNotes(judgements)
  if (name === 'rankings') return rankingNotes(judgements)
  return []
}

function verdictNotes(judgements: Judgements): Told[] {
  const { words, counts, named } = judgements
  const [column = 'choice'] = columnsOf(judgements, 'choice')
  const all = [...words.values()].toSorted((one, other) => other.count - one.count)
  if (all.length === 0) return []
  const listed = all
    .slice(0, mostListed)
    .map(({ shown, meaning, count }) => `"${shown}" as ${meaning} (${count.toLocaleString('en-US')})`)
  const more = all.length > mostListed ? `, and ${all.length - mostListed} more` : ''
  const isList = named.some(({ name }) => name === 'responses')
  const told: Told[] = [
    {
      kind: 'log',
      message: `column "${column}" is read${isList ? ' as an index from 0' : ''}: ${listed.join(', ')}${more}`,
    },
  ]
  const strengths = counts.get('strengths') ?? 0
  if (strengths > 0) {
    const example = all.find(({ meaning }) => meaning === 'a' || meaning === 'b') ?? all[0]
    told.push({
      kind: 'log',
      message: `column "${column}": ${counted(strengths, 'verdict')} with a word of strength, of which the side is read and no margin; --choices "${example?.shown}=${example?.meaning}:3" gives one`,
    })
  }
  if (
    isList &&
    all.length > 1 &&
    all.every(({ meaning }) => /^answer [1-9]/.test(meaning) || !meaning.startsWith('answer'))
  )
    told.push({
      kind: 'warning',
      message: `column "${column}" is read as an index from 0, but is never 0: where it counts from 1, say so with --choices "1=0, 2=1", as far as it goes`,
    })
  return told
}

function rankingNotes(judgements: Judgements): Told[] {
  const { counts } = judgements
  const columns = columnsOf(judgements, 'responses').join(', ')
  const lines = [
    [
      'rows in the order of their columns',
      `the answers in ${columns} are read as ranked, the best one first, for no column says otherwise`,
    ],
    ['ranks', `"${columnsOf(judgements, 'ranks').join(', ')}" is read as the rank of each answer, 1 for the best`],
    [
      'scores',
      `"${columnsOf(judgements, 'scores').join(', ')}" is read as the score of each answer, the highest the best`,
    ],
    ['rows with an empty answer', `empty cells among ${columns} are no answers`],
  ] as const
  return lines.flatMap(([what, text]): Told[] => {
    const count = counts.get(what)
    return count === undefined ? [] : [{ kind: 'log', message: `${text} (${counted(count, 'row')})` }]
  })
}
