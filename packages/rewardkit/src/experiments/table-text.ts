import { counted } from '../counted.ts'
import { rateText } from './cells.ts'
import type { ExperimentResults, ResultCell, ResultTable } from './results.ts'

/** A table of texts: each writer makes its own form of it. */
export interface ShownTable {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly { readonly label: string; readonly isArm: boolean; readonly cells: readonly string[] }[]
  /** What to know when reading it, a sentence or two each. */
  readonly notes: readonly string[]
}

/** Marks of differences that survive Holm's correction. */
const marks = { better: '▲', worse: '▼' } as const

/**
 * The tables of an experiment in the layout of the paper's Tables 1 and 2. Each model has a row, and below it one for
 * each further arm. Each set of test pairs has a column.
 */
export function shownTables(results: ExperimentResults): ShownTable[] {
  return results.tables.flatMap((table) => {
    const suffix = titleOf(results, table)
    return [
      {
        title: `Accuracy (%)${suffix}`,
        ...laidOut(results, table, accuracyText),
        notes: [...accuracyNotes(results, table), ...rateNotes(results, table), ...openNotes(results)],
      },
      {
        title: `Mean reward margin over its standard deviation${suffix}`,
        ...laidOut(results, table, (cell) => numberText(cell.mean_over_standard_deviation)),
        notes: ['Scale-free: multiplying all rewards does not change it. Means over the seeds.'],
      },
      {
        title: `Log loss before and after temperature${suffix}`,
        ...laidOut(
          results,
          table,
          (cell) => `${numberText(cell.log_loss)} → ${numberText(cell.log_loss_after_temperature)}`,
        ),
        notes: ['In nats; 0.693 is chance. Means over the seeds.'],
      },
    ]
  })
}

function titleOf({ tables, baseline }: ExperimentResults, { rates }: ResultTable): string {
  if (tables.length === 1) return ''
  return rates === 'own' ? ', each arm at its own best rate' : `, all arms at the best rate of ${baseline}`
}

function laidOut(
  { baseline }: ExperimentResults,
  { columns, rows }: ResultTable,
  text: (cell: ResultCell) => string,
): Pick<ShownTable, 'header' | 'rows'> {
  const isFirst = (index: number) => rows[index - 1]?.model !== rows[index]?.model
  const several = new Set(rows.map(({ arm }) => arm)).size > 1
  const body = rows.map(({ model, arm, cells }, index) => ({
    label: isFirst(index) ? `${model}${several && arm !== baseline ? ` w/ ${arm}` : ''}` : `w/ ${arm}`,
    isArm: !isFirst(index),
    cells: cells.map((cell) => (cell ? text(cell) : '–')),
  }))
  const counts = columns.map((_, column) => {
    const known = rows.flatMap(({ cells }) => cells[column] ?? [])
    const texts = new Set(known.map(({ pairs, prompts }) => `${pairs} (${prompts})`))
    return texts.size === 0 ? '–' : [...texts].join(', ')
  })
  return {
    header: ['Model', ...columns.map(({ name }) => name)],
    rows: [...body, { label: 'test pairs (prompts)', isArm: false, cells: counts }],
  }
}

/** `65.2 (64.1 to 66.3) ▲`. */
function accuracyText({ accuracy, difference }: ResultCell): string {
  const { value, low, high } = accuracy
  const interval = Number.isFinite(low) ? ` (${percent(low)} to ${percent(high)})` : ''
  const mark = difference?.survives ? ` ${difference.value > 0 ? marks.better : marks.worse}` : ''
  return `${percent(value)}${interval}${mark}`
}

function accuracyNotes({ baseline, seeds }: ExperimentResults, { comparisons, rows }: ResultTable): string[] {
  const notes = [
    seeds.length === 1
      ? 'In brackets the 95 % interval over prompts. With one seed nothing is known of the noise of training.'
      : `Means over ${counted(seeds.length, 'seed')}. In brackets the 95 % interval over seeds and prompts${seeds.length > 3 ? '' : ', which is wide with so few seeds'}.`,
  ]
  if (comparisons === 0) return notes
  const found = rows.flatMap(({ cells }) => cells).filter((cell) => cell?.difference?.survives).length
  notes.push(
    `${marks.better} better and ${marks.worse} worse than ${baseline} with the same model: what is left at 5 % after Holm's correction over ${counted(comparisons, 'difference')}. ${found === 0 ? 'None is left.' : `${found} of them ${found === 1 ? 'is' : 'are'} left.`}`,
  )
  return notes
}

function rateNotes(results: ExperimentResults, { rates: kind }: ResultTable): string[] {
  const { rates, choose_by: rule, baseline } = results
  if (rates.every(({ scores }) => scores.length === 0)) return []
  const words = rule === 'accuracy' ? 'highest accuracy' : 'lowest log loss after temperature'
  const whose = kind === 'own' ? 'Each arm has its own rate' : `All arms have the rate of ${baseline}`
  const list = rates.map(
    (rate) => `${rate.model}, ${rate.data}, ${rate.arm}: ${rate[kind] === null ? 'open' : rateText(rate[kind])}`,
  )
  const atEdge = kind === 'own' ? rates.filter((rate) => rate.at_edge) : []
  return [
    `${whose}: the one with the ${words} on the validation pairs, the mean over seeds; of equal ones the smallest. ${list.join('; ')}.`,
    ...(atEdge.length === 0
      ? []
      : [
          `At the edge of the rates that were tried, where a better one may lie beyond: ${atEdge.map((rate) => `${rate.model}, ${rate.data}, ${rate.arm}`).join('; ')}.`,
        ]),
  ]
}

/** What the tables leave out. */
function openNotes({ cells }: ExperimentResults): string[] {
  const failed = cells.filter(({ state }) => state === 'failed')
  const open = cells.filter(({ state }) => state === 'missing' || state === 'begun')
  const name = (cell: (typeof cells)[number]) =>
    `${cell.model}, ${cell.data}, ${cell.arm}, rate ${rateText(cell.learning_rate)}, seed ${cell.seed}`
  return [
    ...(open.length === 0
      ? []
      : [`${open.length} of ${counted(cells.length, 'cell')} have not finished: what needs them has a dash.`]),
    ...(failed.length === 0
      ? []
      : [
          `Failed: ${failed.slice(0, 5).map(name).join('; ')}${failed.length > 5 ? ` and ${failed.length - 5} more` : ''}.`,
        ]),
  ]
}

const percent = (share: number): string => (Number.isFinite(share) ? (100 * share).toFixed(1) : '–')

const numberText = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : '–')
