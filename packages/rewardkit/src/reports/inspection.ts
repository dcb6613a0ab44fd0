import * as Plot from '@observablehq/plot'
import { at } from '../at.ts'
import { differences, type Piece } from '../inspect/differences.ts'
import type { Example, Inspection } from '../inspect/inspect.ts'
import { type LongerCounts, shareLonger } from '../inspect/longer.ts'
import { readInWords } from '../inspect/read-as.ts'
import type { Distribution } from '../inspect/series.ts'
import type { TokenExample } from '../inspect/tokens.ts'
import { inspectOptionsSchema, type InspectOptions } from '../inspect/inspect-options.ts'
import { plural } from '../counted.ts'
import { writeFileAtomic } from '../files.ts'
import { flagOf } from '../option-schemas.ts'
import { cutParts } from '../tokens/index.ts'
import { version } from '../version.ts'
import { draw, ink, runColour } from './draw.ts'
import { type Figure, figureMarkup } from './figure.ts'
import { number, percent, shortened, whole } from './number-format.ts'
import { html, type Markup } from './html.ts'
import { renderPage } from './page.ts'

/** Subsets in the table, and characters of a text: a page that a browser opens at once. */
const mostSubsets = 500
const mostCharacters = 20_000

/**
 * Writes the page of an inspection.
 * @param options those that it was made with
 * @throws InputError where the place cannot be written
 */
export function writeInspection(inspection: Inspection, options: InspectOptions, path: string): void {
  writeFileAtomic(path, renderInspection(inspection, options))
}

/** One self-contained HTML page, in the manner of a run's report: no script, nothing loaded from anywhere. */
export function renderInspection(inspection: Inspection, options: InspectOptions): string {
  const sections: readonly (readonly [string, string, Markup | null])[] = [
    ['contents', 'Contents', table('contents', facts(inspection))],
    ['distributions', 'Distributions', figures(inspection)],
    ['tokens', 'Tokens', inspection.tokens && table('tokens', tokenFacts(inspection))],
    ['subsets', 'Subsets', subsets(inspection)],
    ['languages', 'Languages', languages(inspection)],
    ['examples', 'Examples', examples(inspection)],
    ['reading', 'As the model reads them', tokenExamples(inspection)],
  ]
  const shown = sections.flatMap(([id, title, content]) => (content === null ? [] : [{ id, title, content }]))
  return renderPage({
    title: nameOf(inspection.data),
    introduction: html`<p class="lead">
        ${many(inspection.pairs, 'preference pair')} on ${many(inspection.prompts, 'prompt')}, layout
        ${inspection.formats.join(', ')}.
      </p>
      <p class="lead">From <bdi>${inspection.data}</bdi></p>`,
    sections: shown,
    footer: html`<p>
      RewardKit ${version}, ${optionText(options)}. Quantiles are exact. Characters are Unicode code points of all
      messages of a side.
    </p>`,
  })
}

/** The last part of a path, or of the path inside an address; a mixture and standard input are not paths. */
function nameOf(data: string): string {
  return data.includes(' ') ? data : (data.split('/').findLast((part) => part !== '') ?? data)
}

/** The options that decide what was counted, where they are not the default. */
function optionText(options: InspectOptions): string {
  const { data, html: _page, json: _json, ...rest } = options
  const defaults: Readonly<Record<string, unknown>> = inspectOptionsSchema.parse({ data })
  const changed = Object.entries(rest).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(defaults[name]),
  )
  const texts = changed.map(
    ([name, value]) =>
      `${flagOf(name)} ${Array.isArray(value) ? value.join(',') : typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  )
  return texts.length === 0 ? 'all options at their defaults' : `with ${texts.join(' ')}`
}

/** `1 pair`, `12,000 pairs`. */
const many = (count: number, noun: string): string => `${whole(count)} ${plural(count, noun)}`

type Fact = readonly [name: string, value: string]

function facts(inspection: Inspection): Fact[] {
  const { files, rows, pairs, prompts, ties, margins } = inspection
  const share = (count: number, of: number) => `${whole(count)} (${percent(count / Math.max(1, of))})`
  return [
    ...files.map(({ name, bytes, sha256 }): Fact => [name, `${whole(bytes)} bytes, sha256 ${sha256}`]),
    ['Rows read', rows === null ? 'several make one group' : whole(rows)],
    ['Left out', listed(inspection.dropped)],
    ['Columns not read', listed(inspection.columns_not_read)],
    ['Groups', whole(inspection.groups)],
    ['Pairs', whole(pairs)],
    ['Form of the pairs', listed(inspection.forms)],
    ['Prompts in several rows', share(inspection.repeated_prompts, prompts)],
    ['Duplicate pairs', share(inspection.duplicate_pairs, pairs)],
    ['Judged both ways', whole(inspection.contradictions)],
    ['Ties', `${whole(ties.kept)} with probability 0.5, ${whole(ties.dropped)} left out`],
    ['With annotated margin', share(margins.distribution?.count ?? 0, pairs)],
    ...(margins.distribution
      ? [['Negative, zero margins', `${whole(margins.negative)}, ${whole(margins.zero)}`] as const]
      : []),
    ...(inspection.turned > 0 ? [['Turned round (probability below 0.5)', whole(inspection.turned)] as const] : []),
    ...(inspection.probabilities ? [['With probability', share(inspection.probabilities.count, pairs)] as const] : []),
    ...(inspection.weights ? [['With weight', share(inspection.weights.count, pairs)] as const] : []),
    ['Chosen longer, in characters', longerText(inspection.characters.longer)],
  ]
}

function tokenFacts({ tokens, pairs, groups }: Inspection): Fact[] {
  if (!tokens) return []
  const share = (count: number, of: number) => `${whole(count)} (${percent(count / Math.max(1, of))})`
  return [
    ['Tokenizer', tokens.model],
    ['How they are read', readInWords(tokens).join('; ')],
    ['Chosen longer, in tokens', longerText(tokens.longer)],
    [
      `Sequences over ${whole(tokens.max_length)} tokens`,
      share(tokens.sequences_over_max_length, tokens.sequence?.count ?? 0),
    ],
    ['Pairs with such a sequence', share(tokens.pairs_over_max_length, pairs)],
    [
      `Groups cut (${tokens.truncation})`,
      [share(tokens.truncated, groups), cutParts(tokens.cut)].filter(Boolean).join(': '),
    ],
    ['Pairs dropped in reading', listed(tokens.dropped)],
    ['Tokens, each response with its prompt', whole(tokens.tokens.unshared)],
    ['Tokens, prefixes shared', `${whole(tokens.tokens.shared)} (${percent(tokens.tokens.saved_share)} saved)`],
  ]
}

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(', ') || 'none'

const longerText = (counts: LongerCounts): string =>
  `${percent(shareLonger(counts))}: ${whole(counts.chosen_longer)} longer, ${whole(counts.equal)} equal (count half), ${whole(counts.rejected_longer)} shorter`

function table(name: string, rows: readonly Fact[]): Markup {
  return html`<div class="scroll" role="region" tabindex="0" aria-label="Numbers: ${name}">
    <table class="configuration">
      <tbody>
        ${rows.map(
          ([fact, value]) =>
            html`<tr>
              <th scope="row"><bdi>${fact}</bdi></th>
              <td class="words"><bdi>${value}</bdi></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function figures({ margins, probabilities, weights, characters, tokens, pairs_per_prompt: perPrompt }: Inspection) {
  const all: readonly (readonly [string, Distribution | null])[] = [
    ['Annotated margins', margins.distribution],
    ['Probabilities', probabilities],
    ['Weights', weights],
    ['Pairs per prompt', perPrompt],
    ['Prompt, characters', characters.prompt],
    ['Chosen, characters', characters.chosen],
    ['Rejected, characters', characters.rejected],
    ['Whole sequences, tokens', tokens?.sequence ?? null],
    ['Shared prefix, tokens', tokens?.shared_prefix ?? null],
  ]
  const drawn = all.flatMap(([title, values]) => (values ? [figure(title, values)] : []))
  return html`<div class="grid medium">${drawn.map(figureMarkup)}</div>`
}

function figure(title: string, values: Distribution): Figure {
  const shown = (value: number) => (Number.isInteger(value) || value >= 100 ? whole(value) : number(value, 2))
  const caption = `${many(values.count, 'value')}: min ${shown(values.min)}, quartiles ${shown(values.p25)}, ${shown(values.p50)}, ${shown(values.p75)}, 95 % ${shown(values.p95)}, 99 % ${shown(values.p99)}, max ${shown(values.max)}; mean ${shown(values.mean)}.${values.scale === 'logarithmic' ? ' The horizontal axis is logarithmic.' : ''}`
  const { histogram } = values
  const [low, high] = [at(histogram, 0).low, at(histogram, histogram.length - 1).high]
  const picture = draw({
    width: 400,
    height: 220,
    label: `${title}, histogram. ${caption}`,
    x: { domain: [low, high], ...ticks(values.scale, low, high) },
    y: { label: 'count', labelArrow: 'none', labelAnchor: 'top', ticks: 4 },
    marginLeft: 48,
    marginTop: 26,
    marks: [
      Plot.rectY(histogram, { x1: 'low', x2: 'high', y: 'count', fill: runColour(0), inset: 0.5 }),
      Plot.ruleY([0], { stroke: ink.axis }),
    ],
  })
  return { name: title.toLowerCase().replaceAll(/[^a-z]+/g, '-'), title, caption, pictures: [picture] }
}

/** Where the axis is labelled: whole numbers for counts, powers of ten for lengths. */
function ticks(scale: Distribution['scale'], low: number, high: number): Plot.ScaleOptions {
  if (scale === 'logarithmic') return { type: 'log', ticks: logTicks(low, high) }
  if (scale === 'even') return {}
  const step = Math.ceil((high - low) / 8)
  return { ticks: Array.from({ length: 9 }, (_, index) => Math.ceil(low) + index * step).filter((tick) => tick < high) }
}

/** Powers of ten between the bounds, with values between them where those would be few. */
function logTicks(low: number, high: number): number[] {
  const factors = high / low > 1000 ? [1] : high / low > 50 ? [1, 3] : [1, 2, 5]
  return Array.from({ length: 10 }, (_, power) => factors.map((factor) => factor * 10 ** power))
    .flat()
    .filter((value) => value >= low && value <= high)
}

function subsets({ subsets: all }: Inspection): Markup | null {
  const entries = Object.entries(all)
  if (entries.length === 0) return null
  const rows = entries.slice(0, mostSubsets).map(
    ([name, { pairs, longer_share: share }]) =>
      html`<tr>
        <th scope="row"><bdi>${shortened(name, 80)}</bdi></th>
        <td>${whole(pairs)}</td>
        <td>${percent(share)}</td>
      </tr>`,
  )
  const body = html`<div class="scroll" role="region" tabindex="0" aria-label="Numbers: subsets">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Subset</th>
          <th scope="col">Pairs</th>
          <th scope="col">Chosen longer, in characters</th>
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`
  if (entries.length <= 30) return body
  return html`<details>
    <summary>
      ${rows.length < entries.length ? `${whole(rows.length)} largest of ` : ''}${many(entries.length, 'subset')}
    </summary>
    ${body}
  </details>`
}

function languages({ languages: found }: Inspection): Markup {
  const about =
    found.source === 'column'
      ? `As the column of ${many(found.of, 'group')} says.`
      : `An estimate by ${found.detector} from ${many(found.of, 'prompt')}, drawn at random where there are more.`
  const rows = Object.entries(found.counts).map(([code, count]): Fact => [
    code,
    `${whole(count)} (${percent(count / Math.max(1, found.of))})`,
  ])
  return html`<p class="lead">${about}</p>
    ${table('languages', rows)}`
}

function examples({ examples: all, seed }: Inspection): Markup | null {
  if (all.length === 0) return null
  return html`<p class="lead">
      ${many(all.length, 'pair')} drawn at random (seed ${seed}). What both responses say is grey.
    </p>
    <ol class="pairs">
      ${all.map(example)}
    </ol>`
}

function example({ id, subset, margin, prompt, chosen, rejected }: Example): Markup {
  const pieces = differences(cut(chosen), cut(rejected))
  return html`<li>
    <h3>
      <bdi>${id}</bdi>
      <small><bdi>${subset ?? ''}</bdi> ${margin === null ? null : `margin ${number(margin, 2)}`}</small>
    </h3>
    ${text('Prompt', [{ text: cut(prompt), isShared: false }], id)}
    <div class="sides">${text('Chosen', pieces.left, id)} ${text('Rejected', pieces.right, id)}</div>
  </li>`
}

const cut = (content: string): string =>
  content.length <= mostCharacters
    ? content
    : `${content.slice(0, mostCharacters)}… (${whole(content.length - mostCharacters)} more)`

function text(name: string, pieces: readonly Piece[], id: string): Markup {
  const content = pieces.map((piece) => (piece.isShared ? html`<span class="lead">${piece.text}</span>` : piece.text))
  return html`<div class="text">
    <p class="side">${name}</p>
    <pre class="content" dir="auto" role="region" tabindex="0" aria-label="${name}, ${id}">${content}</pre>
  </div>`
}

function tokenExamples({ token_examples: all }: Inspection): Markup | null {
  if (all.length === 0) return null
  return html`<p class="lead">
      Token ids and how the vocabulary writes them. The last token of each response is pooled: its hidden state gives
      the reward.
    </p>
    <ol class="pairs">
      ${all.map(tokenExample)}
    </ol>`
}

function tokenExample({ id, dropped, truncated, prefix, chosen, rejected }: TokenExample): Markup {
  const list = (name: string, tokens: TokenExample['prefix']) =>
    text(
      `${name}, ${many(tokens.length, 'token')}`,
      [{ text: tokens.map((token) => `${token.id} ${token.text}`).join(' | '), isShared: false }],
      id,
    )
  return html`<li>
    <h3>
      <bdi>${id}</bdi> <small>${dropped === null ? null : `left out: ${dropped}`}${truncated ? 'cut' : null}</small>
    </h3>
    ${list('Shared prefix', prefix)}
    <div class="sides">${list('Chosen', chosen)} ${list('Rejected', rejected)}</div>
  </li>`
}
