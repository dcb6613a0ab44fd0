import { InputError } from '../../errors.ts'
import type { NamedColumns } from '../columns.ts'
import { carrying } from '../layouts/carrying.ts'
import type { RowFormat } from '../layouts/layout.ts'
import type { DataOptions } from '../data-options.ts'
import { rankingFormat } from './rankings.ts'
import { ratingFormat } from './ratings.ts'
import { verdictFormat } from './verdicts.ts'

/** The layout of rows whose judgements `--columns` names; undefined where it names none. */
export function tableFormat(named: readonly NamedColumns[], { choices }: DataOptions): RowFormat | undefined {
  const has = (name: string) => named.some((one) => one.name === name)
  if (has('choice')) return carrying(verdictFormat)
  if (has('rating')) return carrying(ratingFormat)
  const responses = named.find(({ name }) => name === 'responses')
  const isRanked = has('ranks') || has('scores') || (responses?.columns.length ?? 0) > 1
  if (responses && isRanked && choices === undefined && !has('preferences')) return carrying(rankingFormat)
  if (choices !== undefined)
    throw new InputError('--choices says what values mean, but --columns does not say of which column', {
      remedy: 'add choice=COLUMN, or rating=COLUMN',
    })
  return undefined
}
