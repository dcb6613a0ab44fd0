import type { FormatMark, Interval } from '../statistics/types.ts'
import { accuracyTick } from './accuracy-figures.ts'
import { type DotGroup, type DotPlot, type DotRow, drawDots } from './dot-plot.ts'
import { runColour } from './draw.ts'
import type { Figure } from './figure.ts'
import type { EvaluatedRun } from './margin-figures.ts'
import { number, percent, tick, whole } from './number-format.ts'

/** A value of each run, under one heading. */
type Entry = readonly [heading: string, of: (run: EvaluatedRun) => Interval | null | undefined]

/** Accuracy where the chosen response is the longer one and where it is not, by turns, and what format marks do. */
export function confoundFigures(runs: readonly EvaluatedRun[]): Figure[] {
  return [...lengthParts(runs), ...turnParts(runs), ...markParts(runs)]
}

/** Accuracy by annotated margin. */
export function agreementFigures(runs: readonly EvaluatedRun[]): Figure[] {
  const all = runs.flatMap(({ evaluation }) => evaluation.summary.agreement?.grades ?? [])
  const parts = new Map(all.map(({ from, to }) => [`${from} ${to}`, { from, to }]))
  const grades = [...parts.values()].toSorted((a, b) => a.from - b.from)
  const entries = grades.map(({ from, to }): Entry => {
    const heading = from === to ? `annotated ${tick(from)}` : `annotated ${tick(from)} to ${tick(to)}`
    const ofRun = ({ evaluation }: EvaluatedRun) =>
      evaluation.summary.agreement?.grades.find((grade) => grade.from === from && grade.to === to)?.accuracy
    return [heading, ofRun]
  })
  const correlations = runs.flatMap(({ name, evaluation }) => {
    const found = evaluation.summary.agreement?.kendall_tau_b
    return found ? [`${name} ${number(found.value, 2)} (${number(found.low, 2)} to ${number(found.high, 2)})`] : []
  })
  const tau = correlations.length === 0 ? '' : ` Kendall's tau-b with the grade: ${correlations.join(', ')}.`
  return partsFigure(runs, entries, {
    name: 'grades',
    title: 'Accuracy by annotated margin',
    caption: `Pairs that annotators found clearer should be ranked better.${tau}`,
  })
}

function lengthParts(runs: readonly EvaluatedRun[]): Figure[] {
  const lengthOf = ({ evaluation }: EvaluatedRun) => evaluation.summary.confounds?.length
  const measure = runs.map((run) => lengthOf(run)?.measure).find((known) => known !== undefined) ?? 'tokens'
  // Runs of other pairs have other counts, which a heading for all of them cannot hold.
  const counts = (part: 'chosen_longer' | 'chosen_shorter' | 'equal_length') => {
    const all = new Set(runs.flatMap((run) => lengthOf(run)?.[part].pairs ?? []))
    return all.size === 1 ? ` (${[...all].map(whole).join('')})` : ''
  }
  const entries: Entry[] = [
    [`chosen has more ${measure}${counts('chosen_longer')}`, (run) => lengthOf(run)?.chosen_longer.accuracy],
    [`chosen has fewer${counts('chosen_shorter')}`, (run) => lengthOf(run)?.chosen_shorter.accuracy],
    [`equal length${counts('equal_length')}`, (run) => lengthOf(run)?.equal_length.accuracy],
    ['length-controlled', (run) => lengthOf(run)?.length_controlled_accuracy],
  ]
  return partsFigure(runs, entries, {
    name: 'length',
    title: 'Accuracy by length',
    caption: `A model that only prefers length is right where the chosen response is longer, and wrong where it is shorter. Length-controlled accuracy counts both alike.${counts('chosen_longer') === '' ? '' : ' Numbers in brackets are pairs.'}`,
  })
}

function turnParts(runs: readonly EvaluatedRun[]): Figure[] {
  const all = runs.flatMap(({ evaluation }) => evaluation.summary.confounds?.turns ?? [])
  const firsts = [...new Set(all.map(({ from }) => from))].toSorted((a, b) => a - b)
  if (firsts.length < 2) return []
  const entries = firsts.map((first): Entry => {
    const isOpen = all.some(({ from, to }) => from === first && to !== first)
    const heading = `${first}${isOpen ? ' or more' : ''} ${first === 1 && !isOpen ? 'user turn' : 'user turns'}`
    return [
      heading,
      ({ evaluation }) => evaluation.summary.confounds?.turns?.find(({ from }) => from === first)?.accuracy,
    ]
  })
  return partsFigure(runs, entries, {
    name: 'turns',
    title: 'Accuracy by turns',
    caption: 'Look for conversations of a length that the model ranks worse than others.',
  })
}

const markWords: Readonly<Record<FormatMark, string>> = {
  list: 'lists',
  heading: 'headings',
  code: 'code',
  refusal: 'refusals',
}

function markParts(runs: readonly EvaluatedRun[]): Figure[] {
  const groups = Object.entries(markWords).map(([mark, words]): DotGroup => {
    const rows = runs.flatMap((run): DotRow[] => {
      const found = run.evaluation.summary.confounds?.marks?.find((each) => each.mark === mark)
      if (!found?.rewards_follow) return []
      const labels = found.labels_follow?.value
      const others = labels === undefined ? [] : [{ sign: 'diamond' as const, value: labels }]
      return [dotRow(run, found.rewards_follow, others)]
    })
    return { heading: words, rows }
  })
  return dotFigure(
    groups.filter(({ rows }) => rows.length > 0),
    {
      name: 'format-marks',
      title: 'Format marks',
      caption:
        'Of pairs in which one response alone has the mark: how often the reward prefers it, and how often the label does. A reward that is far above its label follows the form.',
      key: [
        { sign: 'circle', text: 'reward prefers the mark' },
        { sign: 'diamond', text: 'label prefers it' },
      ],
      reference: 'neither',
    },
  )
}

interface Words {
  readonly name: string
  readonly title: string
  readonly caption: string
}

function partsFigure(runs: readonly EvaluatedRun[], entries: readonly Entry[], words: Words): Figure[] {
  const groups = entries.map(([heading, of]): DotGroup => {
    const rows = runs.flatMap((run) => {
      const interval = of(run)
      return interval ? [dotRow(run, interval, [])] : []
    })
    return { heading, rows }
  })
  return dotFigure(
    groups.filter(({ rows }) => rows.length > 0),
    { ...words, key: [], reference: 'chance' },
  )
}

function dotRow({ name, index }: EvaluatedRun, interval: Interval, others: DotRow['others']): DotRow {
  return { label: name, colour: runColour(index), interval, text: percent(interval.value), others }
}

/** With one run, its rows have the headings as names. */
function dotFigure(
  groups: readonly DotGroup[],
  { key, reference, ...words }: Words & { readonly key: DotPlot['key']; readonly reference: string },
): Figure[] {
  if (groups.length === 0) return []
  const isAlone = groups.every(({ rows }) => rows.length === 1)
  const named = groups.flatMap(({ heading, rows }) => rows.map((row) => ({ ...row, label: heading ?? row.label })))
  const spoken = named.map(({ label, text }) => `${label}: ${text}`)
  const plot: DotPlot = {
    label: `${words.title} with 95 % intervals. ${spoken.join('; ')}.`,
    groups: isAlone ? [{ heading: null, rows: named }] : groups,
    references: [{ value: 0.5, text: reference }],
    key,
    format: accuracyTick,
    bounds: [0, 1],
  }
  return [{ ...words, namesRuns: true, pictures: [drawDots(plot, 560), drawDots(plot, 330)] }]
}
