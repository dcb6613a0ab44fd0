import type { Agreement, GradePart, RankCorrelation } from '../analysis/agreement.ts'
import type { Analysis } from '../analysis/analyse.ts'
import type { Confounds, MarkConfound } from '../analysis/confounds.ts'
import type { LengthConfound } from '../analysis/length-confound.ts'
import type { LabelNoise } from '../analysis/label-noise.ts'
import type { Part } from '../analysis/parts.ts'
import type { Suspicious } from '../analysis/suspicious.ts'
import { counted, plural } from '../counted.ts'
import { marginFindings } from './margin-findings.ts'
import { formatShare, percent } from './table.ts'

/** What the margins show, what else could explain the accuracy, and what a person should look at: a line each. */
export function findings(analysis: Analysis): string[] {
  const { agreement, confounds, label_noise: noise, suspicious } = analysis
  return [
    ...marginFindings(analysis),
    ...(agreement ? agreementLines(agreement) : []),
    ...(confounds ? confoundLines(confounds) : []),
    ...(noise ? [noiseLine(noise)] : []),
    ...(suspicious ? [suspiciousLine(suspicious)] : []),
  ]
}

function agreementLines({ pairs, spearman, kendall_tau_b: tau, reason, grades }: Agreement): string[] {
  const of = `agreement with annotated margins (${counted(pairs, 'pair')})`
  if (!spearman || !tau) return [`${of}: ${reason ?? 'the correlation is not defined'}`]
  const parts = grades.map((part) => `${gradeText(part)}: ${part.accuracy ? formatShare(part.accuracy) : '-'}`)
  return [
    `${of}: Spearman ${correlationText(spearman)}, Kendall's tau-b ${correlationText(tau)}`,
    `accuracy % by annotated margin: ${parts.join(', ')}`,
  ]
}

const gradeText = ({ from, to }: GradePart): string =>
  from === to ? shortNumber(from) : `${shortNumber(from)} to ${shortNumber(to)}`

const shortNumber = (value: number): string => String(Number(value.toPrecision(3)))

const correlationText = ({ value, low, high, p }: RankCorrelation): string =>
  `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`})`

function confoundLines({ length, turns, repeats, marks }: Confounds): string[] {
  const lines = length ? [lengthLine(length)] : ['length: no lengths are known']
  if (!turns || !repeats || !marks)
    return [...lines, 'without texts: turns, repeated pairs and format marks are left out']
  if (turns.length > 1) {
    const parts = turns.map(
      (part) => `${part.to === part.from ? part.from : `${part.from} or more`}: ${partText(part)}`,
    )
    lines.push(`accuracy % by user turns: ${parts.join(', ')}`)
  }
  const { duplicate_pairs: duplicates, contradicting_pairs: contradicting, accuracy_without_repeats: without } = repeats
  if (without)
    lines.push(
      `repeated pairs: ${duplicates} labelled alike, ${contradicting} with the other label; accuracy without them ${formatShare(without)} %`,
    )
  const telling = marks.filter(
    ({ only_chosen, only_rejected }) => only_chosen.pairs + only_rejected.pairs >= fewestPairs,
  )
  if (telling.length > 0) lines.push(`format marks that only one response has: ${telling.map(markText).join('; ')}`)
  return lines
}

/** Marks that fewer pairs tell apart are not printed. */
const fewestPairs = 10

function lengthLine({
  measure,
  chosen_longer,
  chosen_shorter,
  length_controlled_accuracy: controlled,
}: LengthConfound): string {
  const parts = `accuracy % where chosen has more ${measure} ${partText(chosen_longer)}, fewer ${partText(chosen_shorter)}`
  return `length: ${parts}${controlled ? `; length-controlled ${formatShare(controlled)}` : ''}`
}

const partText = ({ pairs, accuracy }: Part): string =>
  accuracy ? `${formatShare(accuracy)} of ${counted(pairs, 'pair')}` : 'of no pair'

function markText({ mark, only_chosen, only_rejected, rewards_follow, labels_follow }: MarkConfound): string {
  const pairs = counted(only_chosen.pairs + only_rejected.pairs, 'pair')
  const [rewards, labels] = [rewards_follow ? formatShare(rewards_follow) : '-', percent(labels_follow?.value ?? NaN)]
  return `${mark} (${pairs}): rewards are for it in ${rewards} %, labels in ${labels} %`
}

function noiseLine({ rate, fitting, reason }: LabelNoise): string {
  if (rate)
    return `label noise: ${formatShare(rate)} % of labels contradict rewards however sure they are: flipped labels, or confident mistakes of the model`
  const range = fitting ? `: ${percent(fitting.low)} to ${percent(fitting.high)} % fit` : ''
  return `label noise: no rate, since ${reason}${range}`
}

function suspiciousLine({ pairs, confidently_wrong, contradiction, outlier, near_tie }: Suspicious): string {
  const kinds = [
    [confidently_wrong, 'confidently wrong'],
    [contradiction, 'contradicting'],
    [outlier, plural(outlier ?? 0, 'outlier')],
    [near_tie, plural(near_tie, 'near tie')],
  ] as const
  const found = kinds.flatMap(([count, name]) => (count === null || count === 0 ? [] : `${count} ${name}`))
  return `pairs to look at: ${pairs}${found.length > 0 ? ` (${found.join(', ')})` : ''}`
}
