import * as Plot from '@observablehq/plot'

import type { Interval } from '../statistics/types.ts'
import { draw, ink } from './draw.ts'
import { shortened } from './number-format.ts'

/** Signs that differ without colour. */
export type Sign = 'circle' | 'diamond' | 'square' | 'triangle' | 'star'

/** Something with a value and its interval, and other values to see it against. */
export interface DotRow {
  readonly label: string
  readonly colour: string
  readonly interval: Interval
  /** The value in words, printed at the end of the row. */
  readonly text: string
  readonly others: readonly { readonly sign: Sign; readonly value: number }[]
}

/** Rows under a heading; a heading that is null takes no room. */
export interface DotGroup {
  readonly heading: string | null
  readonly rows: readonly DotRow[]
}

export interface DotPlot {
  /** What a screen reader says instead of the picture. */
  readonly label: string
  readonly groups: readonly DotGroup[]
  /** Vertical lines, with the words above them. */
  readonly references: readonly { readonly value: number; readonly text: string }[]
  /** What the signs mean; the first is that of the values themselves. */
  readonly key: readonly { readonly sign: Sign; readonly text: string }[]
  readonly format: (value: number) => string
  /** The widest that the axis may be. */
  readonly bounds?: readonly [number, number]
}

interface Line extends Interval {
  readonly y: number
  readonly label: string
  readonly colour: string
  readonly text: string
}

/** Pixels: a row, a heading, a line of the key, and a letter of small text. */
const sizes = { row: 26, heading: 26, keyLine: 19, letter: 6.6 }

/** Values with intervals, a row each. Narrow pictures have the names above the rows instead of beside them. */
export function drawDots(plot: DotPlot, width: number): string {
  const isNarrow = width < 480
  const rowHeight = isNarrow ? sizes.row + 14 : sizes.row
  const { lines, others, headings, height } = placed(plot.groups, rowHeight)
  const names = plot.groups.flatMap(({ rows }) => rows.map(({ label }) => label))
  const left = isNarrow ? 10 : Math.min(230, 16 + Math.max(0, ...names.map((name) => measured(shortened(name, 34)))))
  const right = 10 + Math.max(0, ...lines.map(({ text }) => measured(text)))
  const domain = domainOf(plot, [...lines.flatMap(({ low, high }) => [low, high]), ...others.map(({ x }) => x)])
  const key = keyLines(plot.key, width - 8)
  const top = key.length * sizes.keyLine + (plot.references.some(({ text }) => text !== '') ? 30 : 12)
  return draw({
    width,
    height: top + height + 30,
    label: plot.label,
    x: { domain, tickFormat: plot.format, grid: true, ticks: Math.max(3, Math.round((width - left - right) / 60)) },
    y: { domain: [0, height], reverse: true, axis: null, ticks: 0 },
    marginLeft: left,
    marginRight: right,
    marginTop: top,
    marginBottom: 30,
    marks: [
      Plot.ruleX(plot.references, { x: 'value', stroke: ink.axis, strokeDasharray: '2 3' }),
      Plot.text(plot.references, { x: 'value', text: 'text', frameAnchor: 'top', dy: -14, fill: ink.axis }),
      ...key.flatMap((line, place) => keyMarks(line, place * sizes.keyLine - top + 10, left)),
      Plot.text(headings, {
        y: 'y',
        text: 'text',
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: 4 - left,
        fill: ink.strong,
        fontWeight: 600,
        fontSize: 12,
      }),
      Plot.ruleY(lines, { y: 'y', x1: 'low', x2: 'high', stroke: 'colour', strokeWidth: 3.5, strokeLinecap: 'round' }),
      Plot.dot(others, {
        x: 'x',
        y: 'y',
        r: 4.5,
        symbol: 'sign',
        stroke: 'colour',
        strokeWidth: 1.75,
        fill: ink.surface,
      }),
      Plot.dot(lines, { x: 'value', y: 'y', r: 5.5, fill: 'colour', stroke: ink.surface, strokeWidth: 1.75 }),
      Plot.text(lines, {
        y: 'y',
        text: 'label',
        frameAnchor: 'left',
        textAnchor: isNarrow ? 'start' : 'end',
        dx: isNarrow ? 4 - left : -10,
        dy: isNarrow ? -15 : 0,
        fill: ink.strong,
        ...halo,
      }),
      Plot.text(lines, { y: 'y', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 10, fill: ink.strong }),
    ],
  })
}

const halo = { stroke: ink.surface, strokeWidth: 4 } as const

/** Where each row comes to lie, in pixels from the top. */
function placed(groups: readonly DotGroup[], rowHeight: number) {
  const lines: Line[] = []
  const others: { x: number; y: number; sign: Sign; colour: string }[] = []
  const headings: { y: number; text: string }[] = []
  let height = 0
  for (const { heading, rows } of groups) {
    if (heading !== null) headings.push({ y: height + sizes.heading / 2, text: shortened(heading, 44) })
    height += heading === null ? 0 : sizes.heading
    for (const { label, colour, interval, text, others: signs } of rows) {
      const y = height + rowHeight - sizes.row / 2
      lines.push({ y, label: shortened(label, 34), colour, text, ...interval })
      for (const { sign, value } of signs) if (Number.isFinite(value)) others.push({ x: value, y, sign, colour })
      height += rowHeight
    }
  }
  return { lines: lines.filter(({ value }) => Number.isFinite(value)), others, headings, height }
}

function domainOf({ references, bounds }: DotPlot, values: readonly number[]): [number, number] {
  const all = [...values, ...references.map(({ value }) => value)].filter(Number.isFinite)
  const [low, high] = [Math.min(...all), Math.max(...all)]
  const room = 0.04 * (high - low || 1)
  return [
    Math.max(low - room, (bounds?.[0] ?? -Infinity) - room / 4),
    Math.min(high + room, (bounds?.[1] ?? Infinity) + room / 4),
  ]
}

type KeyEntry = DotPlot['key'][number] & { readonly x: number }

/** The entries of the key in as many lines as they need. */
function keyLines(key: DotPlot['key'], width: number): KeyEntry[][] {
  const lines: KeyEntry[][] = []
  let x = Infinity
  for (const entry of key) {
    const length = 18 + measured(entry.text) + 14
    if (x + length > width + 14) {
      lines.push([])
      x = 0
    }
    lines.at(-1)?.push({ ...entry, x })
    x += length
  }
  return lines
}

function keyMarks(entries: readonly KeyEntry[], dy: number, left: number): Plot.Markish[] {
  return entries.flatMap(({ sign, text, x }) => {
    const place = { frameAnchor: 'top-left', dy } as const
    const isValue = sign === 'circle'
    return [
      Plot.dot([0], {
        ...place,
        dx: x + 8 - left,
        r: 4.5,
        symbol: sign,
        stroke: ink.strong,
        strokeWidth: 1.75,
        fill: isValue ? ink.strong : ink.surface,
      }),
      Plot.text([text], {
        ...place,
        dx: x + 18 - left,
        dy: dy - 5,
        textAnchor: 'start',
        lineAnchor: 'top',
        fill: ink.axis,
      }),
    ]
  })
}

/** About as wide as a text of this size is, in pixels. */
function measured(text: string): number {
  return Array.from(text).length * sizes.letter
}
