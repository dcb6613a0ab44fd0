import * as Plot from '@observablehq/plot'
import { DOMParser } from 'linkedom'

import { escapeText } from './html.ts'
import { visible } from '../visible.ts'
import { tickLabel } from './number-format.ts'

/** Colours that a page or a picture defines as CSS variables, in light and in dark. */
export const ink = { axis: 'var(--muted)', grid: 'var(--grid)', strong: 'var(--text)', surface: 'var(--surface)' }

/** How many runs have a colour and a dash of their own; further runs start over. */
const styles = 6

const dashes = [undefined, '7 3', '2 3', '9 3 2 3', '4 4', '12 4'] as const

/** Colour of the run at this place among the runs of a report: the same in every figure. */
export function runColour(index: number): string {
  return `var(--run-${(index % styles) + 1})`
}

/** Dash of the run's lines, so that they differ without colour too; undefined is solid. */
export function runDash(index: number): string | undefined {
  return dashes[index % styles]
}

/** What a figure needs beside its marks. */
export interface Drawing {
  readonly width: number
  readonly height: number
  /** What a screen reader says instead of the picture. */
  readonly label: string
  readonly x: Plot.ScaleOptions
  readonly y: Plot.ScaleOptions
  readonly marks: Plot.Markish[]
  readonly marginLeft?: number
  readonly marginRight?: number
  readonly marginTop?: number
  readonly marginBottom?: number
}

/** Draws marks over a muted grid into one SVG element, as text. Its colours are CSS variables of what it is put into. */
export function draw(drawing: Drawing): string {
  const { width, height, label, x, y, marks } = drawing
  const plot: unknown = Plot.plot({
    document: emptyDocument(),
    className: 'plot',
    width,
    height,
    marginLeft: drawing.marginLeft ?? 42,
    marginRight: drawing.marginRight ?? 12,
    marginTop: drawing.marginTop ?? 12,
    marginBottom: drawing.marginBottom ?? 34,
    x: { ticks: Math.round(width / 75), tickFormat: labelled, tickSize: 0, tickPadding: 6, labelArrow: 'none', ...x },
    y: { ticks: 5, tickFormat: labelled, tickSize: 0, tickPadding: 6, label: null, ...y },
    style: { color: ink.axis, fontSize: '11px' },
    marks: [Plot.gridY({ stroke: ink.grid, strokeOpacity: 1, ticks: 5, ...gridTicks(y) }), ...marks],
  })
  if (!isElement(plot)) throw new TypeError('the plotting library returned no element')
  // Names are the user's, and XML allows no control characters.
  return visible(plot.outerHTML)
    .replace(/<style>.*?<\/style>/s, '')
    .replaceAll(/ aria-(?:label|description)="[^"]*"/g, '')
    .replaceAll(coordinates, (attribute) => attribute.replaceAll(longDecimals, (digits) => roundedCoordinate(digits)))
    .replace('<svg ', `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escapeText(label)}" `)
}

/** All ticks of an axis have one form. Axes of powers ask for their labels one by one. */
const labelled = (value: number, _place: number, all?: readonly number[]): string => tickLabel(value, all ?? [value])

/** A document to draw into: the plotting library makes its elements with it. */
function emptyDocument(): unknown {
  return new DOMParser().parseFromString('<!doctype html><html><body></body></html>', 'text/html')
}

const coordinates = / (?:d|transform|x|y|x1|x2|y1|y2|cx|cy|width|height)="[^"]*"/g
const longDecimals = /-?\d+\.\d{3,}/g

/** Two decimals of a pixel are sharper than any screen, and a third of the file. */
function roundedCoordinate(digits: string): string {
  return String(Number(Number(digits).toFixed(2)))
}

function gridTicks(y: Plot.ScaleOptions): { ticks?: number } {
  return typeof y.ticks === 'number' ? { ticks: y.ticks } : {}
}

function isElement(value: unknown): value is { outerHTML: string } {
  return typeof value === 'object' && value !== null && 'outerHTML' in value && typeof value.outerHTML === 'string'
}
