import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { inspectData } from '../inspect/inspect.ts'
import { inspectOptionsSchema } from '../inspect/inspect-options.ts'
import { silentHooks } from '../events.ts'
import { simulateOptionsSchema, simulateToFile } from '../simulate/index.ts'
import { exampleRuns } from './fixtures/example-runs.ts'
import { renderInspection } from './inspection.ts'
import { renderMarginFigure } from './margin-picture.ts'
import { renderReport } from './report.ts'

const root = mkdtempSync(join(tmpdir(), 'rewardkit-browser-'))
const runs = exampleRuns()
const simulated = join(root, 'pairs.jsonl')
simulateToFile(simulateOptionsSchema.parse({ pairs: 200, out: simulated }))
const inspectOptions = inspectOptionsSchema.parse({ data: simulated, show: 2 })
const inspection = await inspectData(inspectOptions, silentHooks)
const pages = {
  one: renderReport([runs[2]]),
  three: renderReport(runs),
  inspection: renderInspection(inspection, inspectOptions),
  'without evaluation': renderReport([
    { name: 'bare', objective: 'bradley-terry', config: {}, metrics: runs[0].metrics },
  ]),
}
let browser: BrowserContext

beforeAll(async () => {
  for (const [name, page] of Object.entries(pages)) writeFileSync(join(root, `${name}.html`), page)
  writeFileSync(join(root, 'margins.svg'), renderMarginFigure(runs))
  browser = await chromium.launchPersistentContext(join(root, 'profile'), {
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
})

afterAll(async () => {
  await browser.close()
  rmSync(root, { recursive: true, force: true })
})

/** Opens a written file and collects what a browser complains of and asks for. */
async function open(file: string, width: number, colorScheme: 'light' | 'dark') {
  const page = await browser.newPage()
  await page.setViewportSize({ width, height: 900 })
  await page.emulateMedia({ colorScheme })
  const complaints: string[] = []
  const requests: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`))
  page.on('request', (request) => requests.push(request.url()))
  page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
  const address = pathToFileURL(join(root, file)).href
  await page.goto(address)
  return { page, complaints, requests, address }
}

/** The relative luminances of WCAG 2 for the page's text, muted text, run colours and surface; as contrast ratios. */
const contrasts = `(() => {
  const style = getComputedStyle(document.documentElement)
  const luminance = (hex) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const share = parseInt(hex.slice(at, at + 2), 16) / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const read = (name) => style.getPropertyValue(name).trim()
  const against = (name, surface) => {
    const [low, high] = [luminance(read(name)), luminance(read(surface))].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }
  const names = ['--text', '--muted', '--accent', ...[1, 2, 3, 4, 5, 6].map((run) => '--run-' + run)]
  return names.map((name) => [name, Math.min(against(name, '--surface'), name.startsWith('--run') ? 99 : against(name, '--raised'))])
})()`

/** Figures with their visible pictures: width, height and how many marks have a size. */
const figures = `Array.from(document.querySelectorAll('figure'), (figure) => {
  const svg = Array.from(figure.querySelectorAll('svg')).filter((each) => each.getBoundingClientRect().width > 0)
  const box = svg[0]?.getBoundingClientRect()
  const marks = Array.from(svg[0]?.querySelectorAll('path,circle,line,rect') ?? []).filter((mark) => {
    const { width, height } = mark.getBoundingClientRect()
    return width > 0 || height > 0
  })
  const texts = Array.from(svg[0]?.querySelectorAll('text') ?? [])
  return {
    title: figure.querySelector('h3').textContent,
    pictures: svg.length,
    width: box?.width ?? 0,
    height: box?.height ?? 0,
    marks: marks.length,
    smallestText: Math.min(...texts.map((text) => text.getBoundingClientRect().height)),
    beyond: texts.filter((text) => {
      const { left, right } = text.getBoundingClientRect()
      return left < -1 || right > innerWidth + 1
    }).length,
  }
})`

interface FigureFacts {
  title: string
  pictures: number
  width: number
  height: number
  marks: number
  smallestText: number
  beyond: number
}

const layouts = Object.keys(pages).flatMap((name) =>
  [360, 768, 1400].flatMap((width) => (['light', 'dark'] as const).map((scheme) => ({ name, width, scheme }))),
)

describe('the report in a browser', () => {
  it.each(layouts)('$name at $width px, $scheme', async ({ name, width, scheme }) => {
    const { page, complaints, requests, address } = await open(`${name}.html`, width, scheme)
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
    const facts = await page.evaluate<FigureFacts[]>(figures)
    expect(facts.length).toBeGreaterThanOrEqual(name === 'inspection' ? 5 : 6)
    const poor = facts.filter(
      ({ pictures, width: drawn, height, marks, smallestText, beyond }) =>
        pictures !== 1 || drawn < 240 || height < 80 || marks < 4 || smallestText < 9 || beyond > 0,
    )
    expect(poor).toEqual([])
    const ratios = await page.evaluate<[string, number][]>(contrasts)
    expect(ratios.filter(([, ratio]) => !(ratio >= 4.5))).toEqual([])
    expect(complaints).toEqual([])
    expect(requests).toEqual([address])
    await page.close()
  })

  it('has different surfaces in light and in dark, and a light one on paper', async () => {
    const { page } = await open('three.html', 1400, 'dark')
    const surface = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor')
    expect(await surface()).toBe('rgb(20, 23, 27)')
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    expect(await surface()).toBe('rgb(255, 255, 255)')
    expect((await page.pdf()).length).toBeGreaterThan(20_000)
    await page.close()
  })

  it('is reached by keyboard: links, folded pairs, texts and tables that scroll', async () => {
    const { page } = await open('three.html', 360, 'light')
    const reached = new Set<string>()
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab')
      reached.add(await focused(page))
    }
    expect(reached).toContain('A')
    expect(reached).toContain('SUMMARY')
    expect(reached).toContain('DIV')
    expect(reached).toContain('PRE')
    await page.close()
  })

  it('draws the picture for the README alone', async () => {
    const { page, complaints } = await open('margins.svg', 960, 'dark')
    expect(await page.evaluate<number>('document.querySelectorAll("path").length')).toBeGreaterThan(10)
    expect(await page.evaluate<string>('getComputedStyle(document.querySelector("rect")).fill')).toBe('rgb(20, 23, 27)')
    expect(complaints).toEqual([])
    await page.close()
  })
})

function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.tagName')
}
