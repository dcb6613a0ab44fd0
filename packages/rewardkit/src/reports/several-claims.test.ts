import { expect, it } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { marginTable } from '../analysis/fixtures/margin-table.ts'
import { createRandom } from '../random.ts'
import type { EvaluationSummary } from '../rewards/evaluation-summary.ts'
import type { ReportRun } from './report-run.ts'
import { severalClaims } from './several-claims.ts'

const random = createRandom(2, 'several runs')
const margins = Array.from({ length: 200 }, () => 0.5 + random.normal())

function run(name: string, objective: string, own: readonly number[]): ReportRun {
  const table = marginTable(own)
  // Only what the claims read of a summary.
  const summary = analyse(table) as unknown as EvaluationSummary
  return { name, objective, config: {}, metrics: [], evaluation: { summary, table } }
}

const plain = run('plain', 'bradley-terry', margins)
const wide = run(
  'wide',
  'annotated-margin',
  margins.map((margin) => 2 * margin),
)

it('several runs have claims across them, and one of a run with margins against one without', () => {
  const claims = severalClaims([plain, wide])
  expect(claims.map(({ run: name, claim, verdict }) => [name, claim, verdict])).toEqual([
    ['all runs', 'lower_kurtosis_with_higher_accuracy', 'cannot tell'],
    ['all runs', 'higher_mean_with_higher_accuracy', 'cannot tell'],
    ['all runs', 'higher_mean_with_higher_accuracy_scale_free', 'cannot tell'],
    ['wide against plain', 'margins_shift', 'holds'],
    ['wide against plain', 'margins_shift_scale_free', 'cannot tell'],
    ['wide against plain', 'margins_widen', 'holds'],
    ['wide against plain', 'margins_widen_scale_free', 'cannot tell'],
  ])
})

it('runs on other pairs, of other objectives or alone have none of them', () => {
  const other = run('other', 'annotated-margin', margins.slice(1))
  expect(severalClaims([plain, other]).map(({ run: name }) => name)).toEqual(['all runs', 'all runs', 'all runs'])
  expect(severalClaims([plain])).toEqual([])
})
