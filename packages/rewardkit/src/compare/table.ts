import { counted } from '../counted.ts'
import { formatMarkdownTable, formatNumber, formatShare, formatTable } from '../evaluate/table.ts'
import type { Interval } from '../statistics/types.ts'
import type { ArmComparison, Comparison, SubsetDifference } from './comparison.ts'
import { claimSentence, formatP, inPoints } from './words.ts'

/** The comparison for the terminal. */
export const formatComparison = (comparison: Comparison): string =>
  formatted(comparison, { table: formatTable, heading: '', lineBreak: '\n' })

/** The contents of `comparison.md`, also for the summary of a job. */
export const formatMarkdownComparison = (comparison: Comparison): string =>
  `# ${comparison.arms.map(({ name }) => name).join(', ')}\n\n${formatted(comparison, { table: formatMarkdownTable, heading: '## ', lineBreak: '\n\n' })}\n`

interface Format {
  readonly table: (header: readonly string[], rows: readonly (readonly string[])[]) => string
  readonly heading: string
  /** Between sentences. */
  readonly lineBreak: string
}

function formatted(comparison: Comparison, { table, heading, lineBreak }: Format): string {
  const { comparisons, left_out, claims, notes, gate } = comparison
  // What holds for several comparisons is said once.
  const said = new Set<string>()
  const isNew = (sentence: string) => said.size < said.add(sentence).size
  const left = left_out === null ? '' : `, ${counted(left_out.pairs, 'pair')} left out`
  return [
    `${counted(comparison.pairs, 'pair')} of ${counted(comparison.prompts, 'prompt')}${left}`,
    table(
      ['arm', 'runs', 'accuracy % (95 % interval)', 'mean / sd', 'log loss after temperature'],
      armRows(comparison),
    ),
    table(
      ['difference', 'accuracy, points (95 % interval)', 'p', 'p (Holm)', 'detectable, points'],
      comparisons.map(testRow),
    ),
    table(
      ['right, % of pairs', 'both', 'only first', 'only second', 'neither', 'rank correlation'],
      comparisons.map(agreementRow),
    ),
    table(['difference', 'mean / sd', 'log loss after temperature'], comparisons.map(marginRow)),
    ...comparisons.flatMap((one) => [
      `${heading}${one.a} and ${one.b}`,
      ...subsetTable(one, table),
      one.sentences.filter(isNew).join(lineBreak),
    ]),
    ...(claims.length > 0 ? [claims.map(claimSentence).join(lineBreak)] : []),
    ...(notes.length > 0 ? [notes.join(lineBreak)] : []),
    ...(gate ? [gate.sentences.join(lineBreak)] : []),
  ].join('\n\n')
}

const armRows = ({ arms }: Comparison): string[][] =>
  arms.map((arm) => [
    arm.name,
    String(arm.runs.length),
    formatShare(arm.accuracy),
    formatNumber(arm.mean_over_standard_deviation),
    formatNumber(arm.log_loss_after_temperature),
  ])

const nameOf = ({ a, b }: ArmComparison): string => `${b} - ${a}`

const testRow = (comparison: ArmComparison): string[] => [
  nameOf(comparison),
  interval(comparison.difference, inPoints),
  shownP(comparison.training_test?.p ?? comparison.test.p),
  shownP(comparison.p_holm),
  inPoints(comparison.detectable_difference),
]

function agreementRow(comparison: ArmComparison): string[] {
  const { both_right, only_a, only_b, both_wrong, margin_rank_correlation } = comparison.agreement
  const shares = [both_right, only_a, only_b, both_wrong].map((share) => (100 * share).toFixed(1))
  return [`${comparison.a}, ${comparison.b}`, ...shares, formatNumber(margin_rank_correlation)]
}

const marginRow = (comparison: ArmComparison): string[] => [
  nameOf(comparison),
  numberInterval(comparison.mean_over_standard_deviation),
  numberInterval(comparison.log_loss_after_temperature),
]

function subsetTable({ subsets }: ArmComparison, table: Format['table']): string[] {
  const rows = Object.entries(subsets).map(([name, subset]) => subsetRow(name, subset))
  return rows.length < 2
    ? []
    : [table(['subset', 'pairs', 'prompts', 'accuracy, points (95 % interval)', 'p', 'p (Holm)'], rows)]
}

const subsetRow = (name: string, { pairs, prompts, difference, p, p_holm }: SubsetDifference): string[] => [
  name,
  String(pairs),
  String(prompts),
  interval(difference, inPoints),
  shownP(p),
  shownP(p_holm),
]

const interval = ({ value, low, high }: Interval, format: (value: number) => string): string =>
  Number.isNaN(low) ? `${format(value)} (-)` : `${format(value)} (${format(low)} to ${format(high)})`

function numberInterval({ value, low, high }: Interval): string {
  const largest = Math.max(...[value, low, high].map(Math.abs))
  return interval({ value, low, high }, (one) => formatNumber(one, largest))
}

const shownP = (p: number): string => (Number.isNaN(p) ? '-' : formatP(p).replace(/^p (= )?/, ''))
