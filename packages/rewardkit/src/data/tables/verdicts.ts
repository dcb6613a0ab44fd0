import { InputError } from '../../errors.ts'
import { option, phrase, settings } from '../../phrase.ts'
import { buildGroup } from '../build.ts'
import { fieldError, textOrMessages, type Row } from '../fields.ts'
import {
  commonFields,
  isPresent,
  judged,
  judgement,
  judgementColumns,
  promptField,
  type Reading,
  type RowContext,
  type Layout,
} from '../layouts/layout.ts'
import { groupLayout } from '../layouts/response.ts'
import type { Preference } from '../group.ts'
import { splitPair } from '../layouts/pair.ts'
import { valueKey } from './choices.ts'
import { createJudgements, columnsOf, type Judgements, noteCount, noteWord, UnknownJudgement } from './judgements.ts'
import { listGroup, listOf } from './list-columns.ts'
import { plainVerdict, tellsStrength, type Verdict, verdictMeant, verdictText } from './verdict-words.ts'

/**
 * A column that says which answer is better: of `a` and `b` in words, or of a list of `responses` by its index, which
 * counts from 0. `--choices` says what words mean; plain ones are understood without. Ties are those of `judged`; a row
 * without a verdict is left out (`no_choice`).
 */
export const verdictLayout: Layout<'verdicts'> = {
  name: 'verdicts',
  recognises: (row) => 'choice' in row,
  read(row, context) {
    const judgements = context.judgements ?? createJudgements(context.options)
    return isPresent(row, 'responses') ? readList(row, context, judgements) : readPair(row, context, judgements)
  },
  write: (group) => groupLayout.write(group),
}

function readPair(row: Row, { defaultId, options }: RowContext, judgements: Judgements): Reading {
  const names = ['a', 'b'].map((name) => columnsOf(judgements, name)[0] ?? name)
  const [a = '', b = ''] = names
  for (const [index, name] of ['a', 'b'].entries())
    if (!(name in row))
      throw new InputError(
        phrase`${option('columns')} names a choice, but no ${index === 0 ? 'first' : 'second'} answer ("${name}")`,
        {
          remedy: 'add a=COLUMN b=COLUMN, or responses=COLUMN for a list of answers',
        },
      )
  const verdict = verdictOf(row['choice'], judgements, 2, names)
  if (verdict.kind === 'none') return { skipped: 'no_choice' }
  const better = verdict.kind === 'tie' ? null : verdict.index === 0 ? 0 : 1
  const preference = judged(better, options, verdict.kind === 'better' ? verdict.margin : undefined)
  if ('skipped' in preference) return preference
  const parts = splitPair(promptField(row), textOrMessages(row['a'], a), textOrMessages(row['b'], b))
  return buildGroup({
    ...commonFields(row, defaultId, ['prompt', 'a', 'b', 'choice', ...judgementColumns]),
    ...parts,
    preferences: [{ ...preference, ...judgement(row) }],
  })
}

function readList(row: Row, { defaultId, options }: RowContext, judgements: Judgements): Reading {
  const field = columnsOf(judgements, 'responses').join(', ')
  const answers = listOf(row['responses'])
  if (!answers || answers.length < 2) throw fieldError(field, row['responses'], 'a list of at least two answers')
  const verdict = verdictOf(row['choice'], judgements, answers.length)
  if (verdict.kind === 'none') return { skipped: 'no_choice' }
  const preferences: Preference[] = []
  for (const index of answers.keys()) {
    if (verdict.kind === 'tie' && index === 0) continue
    if (verdict.kind === 'better' && index === verdict.index) continue
    const found = verdict.kind === 'tie' ? judged(null, options) : judged(0, options, verdict.margin)
    if ('skipped' in found) return found
    preferences.push({
      ...found,
      chosen: verdict.kind === 'better' ? verdict.index : 0,
      rejected: index,
      ...judgement(row),
    })
  }
  return listGroup(row, defaultId, answers, preferences, ['choice'])
}

/** What the verdict of a row says; remembered, to be reported. */
function verdictOf(value: unknown, judgements: Judgements, answers: number, names?: readonly string[]): Verdict {
  const key = valueKey(value)
  const verdict = knownVerdict(key, judgements, names)
  const [column = 'choice'] = columnsOf(judgements, 'choice')
  if (!verdict) {
    const meanings = names
      ? 'a, b, a:2 (a with strength 2), tie or drop'
      : 'the index of an answer from 0, 0:2 (with strength 2), tie or drop'
    throw new UnknownJudgement(column, value, {
      expected: names ? 'a word for a, b or a tie' : `the index of an answer, from 0 to ${answers - 1}`,
      meanings,
      isKnown: (other) => knownVerdict(valueKey(other), judgements, names) !== undefined,
    })
  }
  if (verdict.kind === 'better' && verdict.index >= answers)
    throw new InputError(
      `column "${column}": found ${String(value)}, expected the index of an answer, from 0 to ${answers - 1}`,
      { remedy: phrase`if it counts from 1, give ${settings({ choices: '1=0, 2=1, 3=2' })} and so on` },
    )
  noteWord(judgements, value, verdictText(verdict, names === undefined))
  if (!judgements.choices.has(key) && tellsStrength(key)) noteCount(judgements, 'strengths')
  return verdict
}

function knownVerdict(key: string, { choices }: Judgements, names?: readonly string[]): Verdict | undefined {
  const meaning = choices.get(key)
  if (meaning !== undefined) {
    const verdict = verdictMeant(meaning, names === undefined)
    if (verdict) return verdict
    throw new InputError(
      phrase`${option('choices')}: found "${meaning}" for "${key}", expected ${names ? 'a, b' : 'the index of an answer from 0'}, tie or drop`,
      {
        remedy: 'write a strength after a colon, as in a:2',
      },
    )
  }
  if (!names && /^\d+$/.test(key)) return { kind: 'better', index: Number(key) }
  return plainVerdict(key, names?.map(valueKey))
}
