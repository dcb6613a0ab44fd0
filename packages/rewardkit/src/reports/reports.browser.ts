import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import axe from 'axe-core'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { inspectData } from '../inspect/inspect.ts'
import { inspectOptionsSchema } from '../inspect/inspect-options.ts'
import { silentHooks } from '../events.ts'
import { simulateOptionsSchema, simulateToFile } from '../simulate/index.ts'
import { exampleRuns, hostile } from './fixtures/example-runs.ts'
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

interface Violation {
  id: string
  impact: string
  nodes: { html: string }[]
}

/** What axe finds that keeps people from reading a page. */
async function barriers(page: Page): Promise<string[]> {
  // A page's policy does not let its source in by an element.
  await page.evaluate(axe.source)
  const violations = await page.evaluate<Violation[]>('axe.run().then(({ violations }) => violations)')
  return violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => `${impact}: ${id} in ${nodes[0]?.html}`)
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
    expect(reached).toContain('DIV')
    expect(reached).toContain('BUTTON')
    expect(reached).toContain('SELECT')
    await page.close()
  })

  it.each(Object.keys(pages))('%s has no barrier that axe finds, in light and dark, wide and narrow', async (name) => {
    for (const [width, scheme] of [
      [1400, 'light'],
      [360, 'dark'],
    ] as const) {
      const { page } = await open(`${name}.html`, width, scheme)
      expect(await barriers(page)).toEqual([])
      await page.close()
    }
  })

  it('draws the picture for the README alone', async () => {
    const { page, complaints } = await open('margins.svg', 960, 'dark')
    expect(await page.evaluate<number>('document.querySelectorAll("path").length')).toBeGreaterThan(10)
    expect(await page.evaluate<string>('getComputedStyle(document.querySelector("rect")).fill')).toBe('rgb(20, 23, 27)')
    expect(complaints).toEqual([])
    await page.close()
  })
})

describe('the table of pairs', () => {
  const rows = '#pair-table tbody tr:not(.details)'
  const margins = (page: Page) => page.locator(`${rows} td:nth-child(2)`).allTextContents()
  const status = (page: Page) => page.locator('#pair-table [role=status]').textContent()

  it('shows the pairs that say most, sorts, turns pages and filters, by keyboard', async () => {
    const { page, complaints } = await open('three.html', 1200, 'light')
    expect(await status(page)).toBe('500 of 500 pairs in this page: 1 to 20')
    const numbers = (texts: string[]) => texts.map((text) => Number(text.replace('\u2212', '-')))
    const lowest = numbers(await margins(page))
    const wanted = runs[0].rows.map((row) => row.reward_margin).toSorted((a, b) => a - b)
    expect(lowest).toEqual(wanted.slice(0, 20).map((margin) => Number(margin.toFixed(3))))
    await page.locator('th button', { hasText: 'Margin' }).first().focus()
    await page.keyboard.press('Enter')
    expect(numbers(await margins(page))[0]).toBe(Number((wanted.at(-1) ?? 0).toFixed(3)))
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Margin')
    expect(await page.locator('th[aria-sort=descending]').textContent()).toBe('Margin')
    await page.getByRole('button', { name: 'Next' }).click()
    expect(await status(page)).toContain(': 21 to 40')
    await page.getByLabel('Ranked', { exact: true }).selectOption('wrong')
    const wrong = wanted.filter((margin) => margin < 0).length
    expect(await status(page)).toBe(`${wrong} of 500 pairs in this page: 1 to 20`)
    await page.getByLabel('Subset', { exact: true }).selectOption('travel')
    const travel = runs[0].rows.filter((row) => row.reward_margin < 0 && row.subset === 'travel').length
    expect(await status(page)).toContain(`${travel} of 500`)
    await page.getByLabel('Run', { exact: true }).selectOption('adaptive-margin')
    expect(await status(page)).not.toContain(`${travel} of 500`)
    expect(complaints).toEqual([])
    await page.close()
  })

  it('searches texts and shows both responses, whatever they hold, as texts', async () => {
    const { page, complaints } = await open('three.html', 1200, 'light')
    await page.getByLabel('Search ids and texts').fill('ONERROR')
    expect(await status(page)).toContain('1 of 500')
    await page.locator(`${rows} button`).click()
    expect(await page.locator('.details pre').first().textContent()).toBe(`What does ${hostile} do?`)
    expect(await page.locator('.details mark').count()).toBe(0)
    await page.getByLabel('Search ids and texts').fill('lentil soup')
    await page.locator(`${rows} button`).first().click()
    expect(await page.locator('.details pre').allTextContents()).toContain(
      'Take the early train to the coast, walk along the dunes and stop for a lentil soup in the harbour.\n\nRooms are cheap after September.',
    )
    expect(await barriers(page)).toEqual([])
    await page.getByLabel('Search ids and texts').fill('no pair says this')
    expect(await status(page)).toBe('0 of 500 pairs in this page')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('is a list of some pairs where scripts do not run', async () => {
    const page = await (await browser.browser()?.newContext({ javaScriptEnabled: false }))?.newPage()
    if (!page) throw new Error('no browser')
    await page.goto(pathToFileURL(join(root, 'one.html')).href)
    expect(await page.locator('.pairs li').count()).toBe(10)
    expect(await page.locator('.pairs-table').count()).toBe(0)
    await page.close()
  })
})

function focused(page: Page): Promise<string> {
  return page.evaluate<string>('document.activeElement.tagName')
}
