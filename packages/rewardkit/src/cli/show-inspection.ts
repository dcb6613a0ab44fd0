import { stripVTControlCharacters } from 'node:util'
import pc from 'picocolors'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'
import { differences, type Piece } from '../inspect/differences.ts'
import type { Example, Inspection } from '../inspect/inspect.ts'
import { type LongerCounts, shareLonger } from '../inspect/longer.ts'
import { readInWords } from '../inspect/read-as.ts'
import type { Distribution } from '../inspect/series.ts'
import type { ShownToken, TokenExample } from '../inspect/tokens.ts'
import { formatTable } from '../evaluate/table.ts'
import { counted, plural } from '../counted.ts'
import { cutParts } from '../tokens/index.ts'
import { visible } from '../visible.ts'

/** Subsets and languages that the tables name; the page and JSON have all. */
const mostListed = 20
/** Characters of a text that are shown. */
const mostCharacters = 1500

/** An inspection as a person reads it, examples as wide as the terminal. Control characters of the data are made visible. */
export function formatInspection(
  inspection: Inspection,
  { columns = 80, isTTY = false }: { readonly columns?: number; readonly isTTY?: boolean },
): string {
  const colors = pc.createColors(isTTY && pc.isColorSupported)
  const width = Math.max(40, columns)
  return [
    aligned(facts(inspection)),
    distributions(inspection),
    ...subsets(inspection),
    languages(inspection),
    ...inspection.examples.map((example) => sideBySide(example, width, colors)),
    ...inspection.token_examples.map((example) => tokensRead(example, width)),
  ].join('\n\n')
}

function facts(inspection: Inspection): string[][] {
  const { files, rows, groups, pairs, prompts, margins, probabilities, weights, ties, tokens } = inspection
  const share = (count: number, of: number = pairs) => `${whole(count)} (${percent(count / Math.max(1, of))})`
  const counts = (record: Readonly<Record<string, number>>) =>
    Object.entries(record)
      .map(([name, count]) => `${whole(count)} ${visible(name)}`)
      .join(', ') || 'none'
  const lines: [string, string][] = [
    ...files.map(({ name, bytes, sha256 }): [string, string] => [
      visible(name),
      `${whole(bytes)} bytes, sha256 ${sha256.slice(0, 16)}…`,
    ]),
    ['layout', inspection.formats.join(', ')],
    ['rows read', rows === null ? 'several make one group' : whole(rows)],
    ['left out', counts(inspection.dropped)],
    ...inspection.skipped.first.map((error): [string, string] => ['', visible(error)]),
    ['columns not read', counts(inspection.columns_not_read)],
    ['groups', whole(groups)],
    ['pairs', whole(pairs)],
    ['form of the pairs', counts(inspection.forms)],
    ['prompts', whole(prompts)],
    ['prompts in several rows', share(inspection.repeated_prompts, prompts)],
    ['duplicate pairs', share(inspection.duplicate_pairs)],
    ['judged both ways', String(inspection.contradictions)],
    ['ties', `${ties.kept} with probability 0.5, ${ties.dropped} left out`],
    ['with annotated margin', share(margins.distribution?.count ?? 0)],
    ['chosen longer (characters)', longerText(inspection.characters.longer)],
  ]
  if (probabilities) lines.push(['with probability', share(probabilities.count)])
  if (inspection.turned > 0) lines.push(['turned round (probability below 0.5)', whole(inspection.turned)])
  if (weights) lines.push(['with weight', share(weights.count)])
  if (margins.distribution) lines.push(['negative, zero margins', `${margins.negative}, ${margins.zero}`])
  if (tokens) {
    const { sequence, tokens: total } = tokens
    lines.push(
      ['chosen longer (tokens)', longerText(tokens.longer)],
      ...readInWords(tokens).map((words, index): [string, string] => [index === 0 ? 'how they are read' : '', words]),
      [`sequences over ${tokens.max_length} tokens`, share(tokens.sequences_over_max_length, sequence?.count ?? 0)],
      ['pairs with such a sequence', share(tokens.pairs_over_max_length)],
      [
        `groups cut (${tokens.truncation})`,
        [share(tokens.truncated, groups), cutParts(tokens.cut)].filter(Boolean).join(': '),
      ],
      ['pairs dropped in reading', counts(tokens.dropped)],
      ['tokens, each with its prompt', whole(total.unshared)],
      ['tokens, prefixes shared', `${whole(total.shared)} (${percent(total.saved_share)} saved)`],
    )
  }
  return lines
}

/** Names and what is said of them, both to the left. */
function aligned(lines: readonly (readonly string[])[]): string {
  const width = Math.max(...lines.map(([name = '']) => stringWidth(name)))
  return lines.map(([name = '', text = '']) => `${name}${' '.repeat(width - stringWidth(name))}  ${text}`).join('\n')
}

function longerText(counts: LongerCounts): string {
  const share = shareLonger(counts)
  if (share === null) return 'no pair with a preference'
  return `${percent(share)} (${whole(counts.chosen_longer)} longer, ${whole(counts.equal)} equal, ${whole(counts.rejected_longer)} shorter; equal counts half)`
}

function distributions(inspection: Inspection): string {
  const { characters, tokens } = inspection
  const all: readonly (readonly [string, Distribution | null])[] = [
    ['pairs per prompt', inspection.pairs_per_prompt],
    ['responses per group', inspection.responses_per_group],
    ["assistant's turns", inspection.turns],
    ['prompt, characters', characters.prompt],
    ['chosen, characters', characters.chosen],
    ['rejected, characters', characters.rejected],
    ['margin', inspection.margins.distribution],
    ['probability', inspection.probabilities],
    ['weight', inspection.weights],
    ['whole sequence, tokens', tokens?.sequence ?? null],
    ['chosen sequence, tokens', tokens?.chosen ?? null],
    ['rejected sequence, tokens', tokens?.rejected ?? null],
    ['shared prefix, tokens', tokens?.shared_prefix ?? null],
  ]
  const names = ['min', 'p25', 'p50', 'p75', 'p90', 'p95', 'p99', 'max', 'mean'] as const
  const rows = all.flatMap(([label, values]) =>
    values ? [[label, ...names.map((name) => quantity(values[name]))]] : [],
  )
  return formatTable(['', ...names], rows)
}

function subsets({ subsets: all }: Inspection): string[] {
  const entries = Object.entries(all)
  if (entries.length === 0) return []
  const rows = entries
    .slice(0, mostListed)
    .map(([name, { pairs, longer_share: share }]) => [visible(name), whole(pairs), percent(share)])
  const more =
    entries.length > mostListed
      ? `\nand ${entries.length - mostListed} more ${plural(entries.length - mostListed, 'subset')} (--html, --json)`
      : ''
  return [formatTable(['subset', 'pairs', 'chosen longer (characters)'], rows) + more]
}

/** Where languages come from, in words. */
function languageSource({ source, detector, of }: Inspection['languages']): string {
  return source === 'column'
    ? `as the column of ${counted(of, 'group')} says`
    : `an estimate by ${detector} from ${counted(of, 'prompt')}, drawn at random where there are more`
}

function languages({ languages: found }: Inspection): string {
  const entries = Object.entries(found.counts)
  const shown = entries
    .slice(0, mostListed)
    .map(([code, count]) => `${visible(code)} ${percent(count / Math.max(1, found.of))}`)
  const more = entries.length > mostListed ? ` and ${entries.length - mostListed} more` : ''
  return `languages (${languageSource(found)}): ${shown.join(', ')}${more}`
}

type Colors = ReturnType<typeof pc.createColors>

/** Chosen on the left, rejected on the right; what both say is dim, and a line with nothing else begins with `=`. */
function sideBySide(example: Example, width: number, colors: Colors): string {
  const half = Math.floor((width - 7) / 2)
  const pieces = differences(shortened(example.chosen), shortened(example.rejected))
  const left = columnOf('chosen', pieces.left, half, colors)
  const right = columnOf('rejected', pieces.right, half, colors)
  const lines = Array.from({ length: Math.max(left.length, right.length) }, (_, index) => {
    const cell = left[index] ?? '  '
    return `${cell}${' '.repeat(Math.max(0, half + 2 - stringWidth(cell)))} │ ${right[index] ?? ''}`.trimEnd()
  })
  const { id, subset, margin, prompt } = example
  const about = [
    visible(id),
    subset === null ? '' : visible(subset),
    margin === null ? '' : `margin ${Number(margin.toPrecision(4))}`,
  ]
  const head = `── ${about.filter((text) => text !== '').join(' · ')} `
  return [colors.bold(head), wrapped(visible(shortened(prompt)), width), '', ...lines].join('\n')
}

const [isolate, isolated] = ['\u2068', '\u2069']
const rightToLeft = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/u

const escape = '\u001B'
const dimmed = new RegExp(`${escape}\\[2m[^${escape}]*(${escape}\\[22m|$)`, 'g')

function columnOf(title: string, pieces: readonly Piece[], width: number, colors: Colors): string[] {
  const marked = pc.createColors(true)
  const text = pieces.map((piece) => (piece.isShared ? byLine(visible(piece.text), marked.dim) : visible(piece.text)))
  const lines = wrapped(text.join(''), width).split('\n')
  return [
    `  ${colors.bold(title)}`,
    ...lines.map((line) => {
      const plain = stripVTControlCharacters(line)
      const own = stripVTControlCharacters(line.replaceAll(dimmed, ''))
      const mark = plain.trim() !== '' && own.trim() === '' ? '= ' : '  '
      const shown = colors.isColorSupported ? line : plain
      return mark + (rightToLeft.test(plain) ? isolate + shown + isolated : shown)
    }),
  ]
}

/** Broken between words, else anywhere. Indentation stays; the blank at which a line was broken goes. */
function wrapped(text: string, width: number): string {
  return byLine(text, (line) => {
    const [first = '', ...rest] = wrapAnsi(line, width, { hard: true, trim: false }).split('\n')
    const more = rest.map((part) => part.replace(blanksInFront, '$1')).filter((part) => stringWidth(part) > 0)
    return [first, ...more].join('\n')
  })
}

/** Colour codes may come first. */
const blanksInFront = new RegExp(`^((?:${escape}\\[\\d+m)*) +`)

const byLine = (text: string, change: (line: string) => string): string => text.split('\n').map(change).join('\n')

function shortened(text: string): string {
  const more = text.length - mostCharacters
  return more <= 0 ? text : `${text.slice(0, mostCharacters)}… (${more} more)`
}

/** Ids and the vocabulary's own spelling: what both sequences begin with, then each branch; the last token is pooled. */
function tokensRead(example: TokenExample, width: number): string {
  if (example.dropped !== null) return `── ${visible(example.id)}: left out in reading (${example.dropped})`
  const listed = (list: readonly ShownToken[]) =>
    wrapAnsi(list.map(({ id, text }) => `${id} ${visible(text)}`).join(' | '), width, { hard: true })
  const branch = (name: string, list: readonly ShownToken[], text: string) => {
    const last = list.at(-1)
    return [
      `${name}: ${example.prefix.length} + ${counted(list.length, 'token')}; pooled is the last, ${last ? `${last.id} ${visible(last.text)}` : ''}`,
      listed(list),
      `the whole sequence as text: ${wrapped(visible(text), width)}`,
    ]
  }
  return [
    `── ${visible(example.id)} as the model reads it${example.truncated ? ' (cut)' : ''}`,
    `shared prefix: ${counted(example.prefix.length, 'token')}`,
    listed(example.prefix),
    ...branch('chosen', example.chosen, example.chosen_text),
    ...branch('rejected', example.rejected, example.rejected_text),
  ].join('\n')
}

/** Four digits, but whole numbers and those beyond a thousand as whole numbers in full. */
function quantity(value: number): string {
  const isWhole = Number.isInteger(value) || Math.abs(value) >= 1000
  return isWhole && Math.abs(value) < 1e15 ? whole(Math.round(value)) : String(Number(value.toPrecision(4)))
}

const whole = (count: number): string => count.toLocaleString('en-US')
const percent = (share: number | null): string => (share === null ? '-' : `${(100 * share).toFixed(1)} %`)
