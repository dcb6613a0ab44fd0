import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'

import { createAtomicFile, writeFileAtomic } from '../files.ts'
import { makeWritableFolder } from '../folders.ts'
import { runColour, runDash } from './draw.ts'
import type { Figure } from './figure.ts'
import { escapeText } from './html.ts'
import { shortened } from './number-format.ts'
import { inLight } from './style.ts'

/** Pixels of a PNG for each of the SVG: sharp in print at the width of a column. */
const scale = 3

/**
 * Writes each figure as `NAME.svg` and `NAME.png`, in the colours of a light page and with the names of the runs above.
 * @returns the paths, in the order of the figures
 * @throws {InputError} where the folder cannot be written
 */
export function writePictures(folder: string, figures: readonly Figure[], runs: readonly string[]): string[] {
  makeWritableFolder(folder)
  const names = distinctNames(figures)
  return figures.flatMap((figure, place) => {
    const svg = standalone(figure, runs)
    const path = join(folder, names[place] ?? figure.name)
    writeFileAtomic(`${path}.svg`, svg)
    const image = rendered(svg)
    const png = createAtomicFile(`${path}.png`)
    png.write(image)
    png.commit()
    return [`${path}.svg`, `${path}.png`]
  })
}

/** Names of files: letters, digits and hyphens of the figures' names, each once. */
function distinctNames(figures: readonly Figure[]): string[] {
  const taken = new Set<string>()
  return figures.map(({ name }) => {
    const plain = shortened(
      name
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
        .replaceAll(/^-|-$/g, ''),
      80,
    ).replace('…', '')
    let free = plain
    for (let count = 2; taken.has(free); count++) free = `${plain}-${count}`
    taken.add(free)
    return free
  })
}

const sizes = { margin: 16, title: 22, row: 20, swatch: 30 }

/** A picture that needs nothing else: title, names of the runs where there are several, and the drawing. */
export function standalone({ title, pictures: [drawing], namesRuns }: Figure, runs: readonly string[]): string {
  const [, width = '0', height = '0'] = /<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(drawing) ?? []
  const legend = runs.length > 1 && !namesRuns ? runs.map(legendRow) : []
  const top = sizes.margin + sizes.title + legend.length * sizes.row
  const [fullWidth, fullHeight] = [Number(width) + 2 * sizes.margin, top + Number(height) + sizes.margin]
  const heading = `<text x="${sizes.margin}" y="${sizes.margin + 12}" font-size="15" font-weight="600" fill="var(--text)">${escapeText(shortened(title, 60))}</text>`
  const frame = `<rect width="${fullWidth}" height="${fullHeight}" fill="var(--surface)"/>`
  const inside = drawing.replace('<svg ', `<svg x="${sizes.margin}" y="${top}" overflow="visible" `)
  return `${inLight(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${fullWidth} ${fullHeight}" width="${fullWidth}" height="${fullHeight}" font-family="${fonts}">${frame}${heading}${legend.join('')}${inside}</svg>`,
  ).replaceAll('font-family="system-ui, sans-serif"', `font-family="${fonts}"`)}\n`
}

function legendRow(name: string, place: number): string {
  const y = sizes.margin + sizes.title + place * sizes.row + 6
  const dash = runDash(place)
  const dashes = dash === undefined ? '' : ` stroke-dasharray="${dash}"`
  const line = `<path d="M${sizes.margin},${y}h${sizes.swatch}" stroke="${runColour(place)}" stroke-width="3"${dashes}/>`
  return `${line}<text x="${sizes.margin + sizes.swatch + 8}" y="${y + 4}" font-size="12" fill="var(--text)">${escapeText(shortened(name, 60))}</text>`
}

/** Fonts of a picture: usual ones where it is opened, and last the one that comes along for PNG. */
const fonts = 'Helvetica, Arial, DejaVu Sans, sans-serif'

const shippedFonts = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf']

/** The picture as PNG, in the font that comes along, so that it looks the same on every machine. */
function rendered(svg: string): Uint8Array {
  const { resolve } = createRequire(import.meta.url)
  const fontFiles = shippedFonts.map((name) => resolve(`dejavu-fonts-ttf/ttf/${name}`))
  const drawn = new Resvg(svg.replaceAll(`font-family="${fonts}"`, 'font-family="DejaVu Sans"'), {
    fitTo: { mode: 'zoom', value: scale },
    // System fonts have the scripts that the shipped one lacks.
    font: { fontFiles, loadSystemFonts: true, defaultFontFamily: 'DejaVu Sans' },
  })
  return drawn.render().asPng()
}
