import { existsSync } from 'node:fs'
import { join } from 'node:path'

import type { ArmComparison, Comparison } from '../compare/comparison.ts'
import { comparisonSchema } from '../compare/comparison-schema.ts'
import { claimSentence } from '../compare/words.ts'
import { type DotPlot, drawDots } from './dot-plot.ts'
import { runColour } from './draw.ts'
import { type Figure, figureMarkup } from './figure.ts'
import { html, type Markup } from './html.ts'
import { number, tick, whole } from './number-format.ts'
import { readJson } from '../json-files.ts'
import { scrollable } from './table.ts'

/** The file of a comparison in its folder. */
const fileName = 'comparison.json'

export function holdsComparison(folder: string): boolean {
  return existsSync(join(folder, fileName))
}

/**
 * What `rewardkit compare` found.
 * @throws {InputError} where the file cannot be read as what it should be
 */
export function loadComparison(folder: string): Comparison {
  return readJson(join(folder, fileName), comparisonSchema)
}

/** Shares as percentage points, with their sign. */
function points(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return number(null)
  return `${share > 0 ? '+' : ''}${number(100 * share, 1)}`
}

/** The difference of accuracy of every two arms with its interval, overall and by subset. */
export function comparisonFigure({ comparisons }: Comparison): Figure {
  const row = (label: string, place: number, interval: ArmComparison['difference']) => ({
    label,
    colour: runColour(place),
    interval,
    text: points(interval.value),
    others: [],
  })
  const groups = comparisons.map(({ a, b, difference, subsets }, place) => ({
    heading: `${b} − ${a}`,
    rows: [
      row('all pairs', place, difference),
      ...Object.entries(subsets).map(([name, subset]) => row(name, place, subset.difference)),
    ],
  }))
  const plot: DotPlot = {
    label: `Differences of accuracy in percentage points, with 95 % intervals. ${comparisons.map(({ a, b, difference }) => `${b} less ${a}: ${points(difference.value)}`).join('; ')}.`,
    groups,
    references: [{ value: 0, text: 'no difference' }],
    key: [],
    format: (share) => tick(Number((100 * share).toFixed(6))),
  }
  return {
    name: 'comparison',
    title: 'Differences of accuracy',
    caption:
      'In percentage points, with 95 % intervals that are not corrected for several comparisons. Which differences are told apart is decided by p values, which are.',
    namesRuns: true,
    pictures: [drawDots(plot, 560), drawDots(plot, 330)],
  }
}

/** What a comparison means in words, its picture, and its numbers. */
export function comparisonMarkup(comparison: Comparison): Markup {
  const { comparisons, notes, gate, arms } = comparison
  return html`<div class="meaning">
      ${meaning(comparisons).map((sentences) => html`<p>${sentences}</p>`)} ${notes.map((note) => html`<p>${note}</p>`)}
      ${(gate?.sentences ?? []).map((sentence) => html`<p>${sentence}</p>`)}
    </div>
    <div class="grid single">${figureMarkup(comparisonFigure(comparison))}</div>
    ${differencesTable(comparisons)} ${armsTable(arms)} ${claimsMarkup(comparison)}`
}

/** What is said of every two arms but for the paper's claims. What holds for several comparisons is said once. */
function meaning(comparisons: readonly ArmComparison[]): string[] {
  const said = new Set<string>()
  const isNew = (sentence: string) => said.size < said.add(sentence).size
  return comparisons.map(({ sentences, claims }) =>
    sentences
      .slice(0, sentences.length - claims.length)
      .filter(isNew)
      .join(' '),
  )
}

/** The paper's claims about every two arms, and about all of them. */
function claimsMarkup({ comparisons, claims }: Comparison): Markup | null {
  const about = comparisons.flatMap(({ a, b, sentences, claims: own }) =>
    own.length === 0
      ? []
      : sentences.slice(-own.length).map((sentence) => html`<bdi>${b}</bdi> − <bdi>${a}</bdi>: ${sentence}`),
  )
  const all = [...about, ...claims.map((claim) => html`${claimSentence(claim)}`)]
  if (all.length === 0) return null
  return html`<h3>What the paper claims</h3>
    <ul>
      ${all.map((sentence) => html`<li>${sentence}</li>`)}
    </ul>`
}

function armsTable(arms: Comparison['arms']): Markup {
  const body = arms.map(
    ({ name, runs, accuracy, mean_over_standard_deviation: ratio, log_loss_after_temperature: loss }) =>
      html`<tr>
        <th scope="row"><bdi>${name}</bdi></th>
        <td>${whole(runs.length)}</td>
        <td>
          ${number(100 * accuracy.value, 1)}<small
            >${number(100 * accuracy.low, 1)} to ${number(100 * accuracy.high, 1)}</small
          >
        </td>
        <td>${number(ratio)}</td>
        <td>${number(loss)}</td>
      </tr>`,
  )
  return scrollable(
    'Arms',
    html`<table class="numbers long">
      <thead>
        <tr>
          <th scope="col">Arm</th>
          <th scope="col">Runs</th>
          <th scope="col">Accuracy, %</th>
          <th scope="col">Mean / sd</th>
          <th scope="col">Log loss after temperature</th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}

/** The p value that the words name: of the test over seeds where there is one. */
function pCell({ test, training_test }: ArmComparison): Markup {
  const name = training_test ? "Student's t" : test.name.replaceAll('_', ' ')
  return html`${shownP(training_test?.p ?? test.p)}<small>${name}</small>`
}

const shownP = (p: number): string => (p < 0.001 ? '< 0.001' : number(p))

function differencesTable(comparisons: readonly ArmComparison[]): Markup {
  const body = comparisons.map((comparison) => {
    const { a, b, difference, p_holm, pairs, prompts, seeds, ...more } = comparison
    const { low, high } = difference
    return html`<tr>
      <th scope="row"><bdi>${b}</bdi> − <bdi>${a}</bdi></th>
      <td>${points(difference.value)}<small>${points(low)} to ${points(high)}</small></td>
      <td>${pCell(comparison)}</td>
      <td>${shownP(p_holm)}</td>
      <td>${shownP(more.equivalence.p)}<small>within ${number(100 * more.equivalence.bound, 1)}</small></td>
      <td>${number(100 * more.detectable_difference, 1)}</td>
      <td>${whole(pairs)}<small>${whole(prompts)} prompts</small></td>
      <td>${whole(seeds)}</td>
    </tr>`
  })
  return scrollable(
    'Differences',
    html`<table class="numbers long">
      <thead>
        <tr>
          <th scope="col">Arms</th>
          <th scope="col">Difference, points</th>
          <th scope="col">p</th>
          <th scope="col">p, Holm</th>
          <th scope="col">p of equivalence</th>
          <th scope="col">Detectable, points</th>
          <th scope="col">Pairs</th>
          <th scope="col">Seeds</th>
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>`,
  )
}
