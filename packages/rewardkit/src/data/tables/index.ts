import { InputError } from '../../errors.ts'
import { option, phrase } from '../../phrase.ts'
import type { NamedColumns } from '../columns.ts'
import { carrying } from '../layouts/carrying.ts'
import type { Layout } from '../layouts/layout.ts'
import type { RowOptions } from '../row-options.ts'
import { rankingLayout } from './rankings.ts'
import { ratingLayout } from './ratings.ts'
import { verdictLayout } from './verdicts.ts'

/** The layout of rows whose judgements `--columns` names; undefined where it names none. */
export function tableLayout(named: readonly NamedColumns[], { choices }: RowOptions): Layout | undefined {
  const has = (name: string) => named.some((one) => one.name === name)
  if (has('choice')) return carrying(verdictLayout)
  if (has('rating')) return carrying(ratingLayout)
  const responses = named.find(({ name }) => name === 'responses')
  const isRanked = has('ranks') || has('scores') || (responses?.columns.length ?? 0) > 1
  if (responses && isRanked && choices === undefined && !has('preferences')) return carrying(rankingLayout)
  if (choices !== undefined)
    throw new InputError(
      phrase`${option('choices')} says what values mean, but ${option('columns')} does not say in which column`,
      {
        remedy: 'add choice=COLUMN, or rating=COLUMN',
      },
    )
  return undefined
}
