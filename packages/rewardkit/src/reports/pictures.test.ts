import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Resvg } from '@resvg/resvg-js'
import { afterAll, describe, expect, it } from 'vitest'

import { exampleRuns, hostile } from './fixtures/example-runs.ts'
import { standalone, writePictures } from './pictures.ts'
import { reportFigures } from './report.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-pictures-'))
afterAll(() => rmSync(folder, { recursive: true }))

const runs = exampleRuns()
const figures = reportFigures(runs)
const names = runs.map(({ name }) => name)

describe('writePictures', () => {
  const paths = writePictures(folder, figures, names)

  it('writes every figure of the page as SVG and PNG, each under its own name', () => {
    expect(paths).toHaveLength(2 * figures.length)
    expect(new Set(paths).size).toBe(paths.length)
    expect(readdirSync(folder).toSorted()).toEqual(paths.map((path) => path.slice(folder.length + 1)).toSorted())
    expect(readdirSync(folder)).toContain('histogram-adaptive-margin.png')
  })

  it('writes SVG that needs no style, and PNG three times as large', () => {
    for (const path of paths.filter((each) => each.endsWith('.svg'))) {
      const svg = readFileSync(path, 'utf8')
      expect(svg).not.toContain('var(')
      const [, width = '0', height = '0'] = /width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? []
      const png = readFileSync(path.replace('.svg', '.png'))
      expect(png.subarray(1, 4).toString()).toBe('PNG')
      expect(Math.abs(png.readUInt32BE(16) - 3 * Number(width))).toBeLessThanOrEqual(3)
      expect(Math.abs(png.readUInt32BE(20) - 3 * Number(height))).toBeLessThanOrEqual(3)
    }
  })
})

it('draws texts where the system has no font', () => {
  const [figure] = figures
  if (!figure) throw new Error('there are figures')
  const inked = (svg: string) => {
    const { pixels } = new Resvg(svg, {
      font: { loadSystemFonts: false, fontFiles: ['node_modules/dejavu-fonts-ttf/ttf/DejaVuSans.ttf'] },
    }).render()
    return pixels.filter((value, place) => place % 4 !== 3 && value < 128).length
  }
  const svg = standalone(figure, names)
  expect(inked(svg)).toBeGreaterThan(inked(svg.replaceAll(/<text.*?<\/text>/gs, '')) + 2000)
})

it('escapes names', () => {
  const [figure] = figures
  if (!figure) throw new Error('there are figures')
  expect(standalone({ ...figure, title: hostile }, [hostile, hostile])).not.toContain('<script')
})

it('draws the name of a subset that no XML could hold', () => {
  const [run] = exampleRuns()
  if (!run?.evaluation) throw new Error('the first run has an evaluation')
  const { summary } = run.evaluation
  const subsets = Object.fromEntries(
    Object.values(summary.subsets).map((subset, i) => [`\u001B[31m${i} ]]>&<b>\u0007`, subset]),
  )
  const evaluation = { ...run.evaluation, summary: { ...summary, subsets } }
  const drawn = reportFigures([{ ...run, evaluation }])
  const paths = writePictures(join(folder, 'hostile'), drawn, ['a\u0000b'])
  expect(paths).toHaveLength(2 * drawn.length)
  expect(readFileSync(join(folder, 'hostile', 'subsets.svg'), 'utf8')).toContain('␛[31m0')
})
