import { createHash } from 'node:crypto'

import { DOMParser } from 'linkedom'
import { describe, expect, it } from 'vitest'

import { tableOf } from '../analysis/reward-table.ts'
import { exampleRuns } from './fixtures/example-runs.ts'
import { renderMarginFigure } from './margin-picture.ts'
import { renderReport } from './report.ts'
import type { ReportRun } from './report-run.ts'

const [bradleyTerry, annotated, adaptive] = exampleRuns()
const three = renderReport([bradleyTerry, annotated, adaptive])

interface Element {
  readonly textContent: string
  getAttribute(name: string): string | null
  querySelector(selector: string): Element | null
  querySelectorAll(selector: string): Iterable<Element>
}

function isElement(value: unknown): value is Element {
  return typeof value === 'object' && value !== null && 'querySelectorAll' in value
}

/** All elements that the selector finds on the page. */
function found(page: string, selector: string): Element[] {
  const document: unknown = new DOMParser().parseFromString(page, 'text/html')
  if (!isElement(document)) throw new TypeError('no document')
  return Array.from(document.querySelectorAll(selector))
}

/** Texts of the cells of the row that begins with `name`, in the tables of the section. */
function cells(page: string, section: string, name: string): string[] {
  const rows = found(page, `section[aria-labelledby=${section}] tr`)
  const row = rows.find((each) => each.querySelector('th')?.textContent.trim().startsWith(name))
  return Array.from(row?.querySelectorAll('td') ?? [], (cell) => cell.textContent.trim().replaceAll('−', '-'))
}

/** The same without what is said in small letters. */
function values(page: string, section: string, name: string): string[] {
  const rows = found(page, `section[aria-labelledby=${section}] tr`)
  const row = rows.find((each) => each.querySelector('th')?.textContent.trim().startsWith(name))
  return Array.from(row?.querySelectorAll('td') ?? [], (cell) =>
    cell.textContent
      .slice(0, -(cell.querySelector('small')?.textContent.length ?? 0) || undefined)
      .trim()
      .replaceAll('−', '-'),
  )
}

describe('renderReport', () => {
  it('prints the numbers of every run', () => {
    const summaries = [bradleyTerry, annotated, adaptive].map(({ evaluation }) => evaluation?.summary)
    const margin = (field: 'mean' | 'standard_deviation' | 'skewness' | 'excess_kurtosis') =>
      summaries.map((summary) => (summary?.reward_margin[field] ?? Number.NaN).toFixed(3))
    expect(cells(three, 'results', 'Pairs')).toEqual(['500', '500', '500'])
    expect(values(three, 'margins', 'Mean')).toEqual(margin('mean'))
    expect(values(three, 'margins', 'Standard deviation')).toEqual(margin('standard_deviation'))
    expect(values(three, 'margins', 'Skewness g1')).toEqual(margin('skewness'))
    expect(values(three, 'margins', 'Excess kurtosis g2')).toEqual(margin('excess_kurtosis'))
    expect(values(three, 'calibration', 'Log loss')).toEqual(
      summaries.map((summary) => (summary?.log_loss ?? Number.NaN).toFixed(3)),
    )
    for (const [index, cell] of cells(three, 'results', 'Accuracy').entries()) {
      const { value, low, high } = summaries[index]?.accuracy ?? { value: 0, low: 0, high: 0 }
      const parts = [value, low, high].map((share) => (100 * share).toFixed(1))
      expect(cell).toBe(`${parts[0]}\u00A0%${parts[1]} to ${parts[2]}`)
    }
    expect(cells(three, 'training', 'Pairs')).toEqual(['3,840', '3,840', '3,840'])
  })

  it('loads nothing, and runs one script whose hash the policy names', () => {
    const addresses = three.match(/https?:\/\/[^"'\s<]+/g) ?? []
    expect(new Set(addresses)).toEqual(new Set(['http://www.w3.org/2000/svg']))
    const [script, ...others] = Array.from(
      three.matchAll(/<script type="module">(.*?)<\/script>/gs),
      ([, code]) => code,
    )
    expect(others).toEqual([])
    const hash = createHash('sha256')
      .update(script ?? '')
      .digest('base64')
    const policy = found(three, 'meta[http-equiv]').map((meta) => meta.getAttribute('content'))
    expect(policy).toEqual([
      `default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; script-src 'sha256-${hash}'`,
    ])
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function|<!--/)
    const rest = three.replace(script ?? '', '').replace('<script type="module"></script>', '')
    expect(rest).not.toMatch(/<(script|link|img|iframe|object|embed|base)\b|@import|url\(|\son\w+=["']/i)
  })

  it('shows hostile texts and names as texts', () => {
    const evil = '"><script>alert(1)</script>'
    const { evaluation } = adaptive
    const run: ReportRun = {
      ...adaptive,
      name: evil,
      objective: evil,
      note: evil,
      config: { [evil]: evil, nested: { [evil]: [evil] } },
      ...(evaluation
        ? {
            evaluation: {
              ...evaluation,
              table: tableOf(adaptive.rows.map((row) => ({ ...row, id: `${row.id}${evil}`, subset: evil }))),
              summary: { ...evaluation.summary, subsets: { [evil]: evaluation.summary } },
            },
          }
        : {}),
    }
    const page = renderReport([run, run])
    expect(page.match(/<script/g)).toHaveLength(1)
    expect(page).toContain('&lt;script&gt;alert(1)')
  })

  it('gives every picture a text and every figure a sentence', () => {
    const figures = found(three, 'figure')
    expect(figures.length).toBeGreaterThan(15)
    for (const figure of figures) {
      expect(figure.querySelector('svg[role=img][aria-label]')).not.toBeNull()
      expect(figure.querySelector('figcaption')?.textContent.trim()).toMatch(/\.$/)
    }
  })

  it('does not take runs whose intervals overlap for alike: they share pairs', () => {
    const captionOf = (page: string) =>
      found(page, 'figcaption').find(({ textContent }) => textContent.includes('Filled points'))?.textContent
    expect(captionOf(three)).toMatch(/overlap may still differ/)
    expect(captionOf(renderReport([adaptive]))).not.toMatch(/overlap/)
  })

  it('says what a run lacks', () => {
    const bare: ReportRun = { name: 'bare', objective: 'bradley-terry', config: {}, metrics: [] }
    const page = renderReport([bare])
    expect(page).toContain('no evaluation on held-out pairs yet')
    expect(page).toContain('No training steps are recorded here.')
    const evaluated = renderReport([{ ...bare, evaluation: adaptive.evaluation }])
    expect(evaluated).not.toMatch(/No training steps|Configuration/)
    const mixed = renderReport([bare, adaptive])
    expect(values(mixed, 'margins', 'Mean')).toEqual(['–', adaptive.evaluation?.summary.reward_margin.mean.toFixed(3)])
  })

  it.each([
    ['head', 'bradley-terry, the head alone trained</bdi>'],
    ['last:1', 'bradley-terry, the last layer trained</bdi>'],
    ['all', 'bradley-terry</bdi>'],
  ])('says which part of the model was trained: %s', (part, said) => {
    const run: ReportRun = { name: 'run', objective: 'bradley-terry', config: { train: part }, metrics: [] }
    expect(renderReport([run])).toContain(said)
  })

  it('survives a run that diverged and margins that are all equal', () => {
    const { evaluation } = annotated
    const run: ReportRun = {
      ...annotated,
      metrics: annotated.metrics.map((line) => ({ ...line, bradley_terry_loss: Number.NaN })),
      ...(evaluation
        ? { evaluation: { ...evaluation, table: tableOf(annotated.rows.map((row) => ({ ...row, reward_margin: 0 }))) } }
        : {}),
    }
    const page = renderReport([run])
    expect(page).toContain('Reward margins of held-out pairs')
    expect(page).not.toMatch(/ d="[^"]*NaN/)
  })

  it("shows RM-Bench's matrix", () => {
    const accuracy = { value: 0.5, low: 0.4, high: 0.6 }
    const rm_bench = {
      groups: 2,
      prompts: 2,
      pairs: 18,
      easy: accuracy,
      normal: accuracy,
      hard: accuracy,
      average: accuracy,
      styles: ['concise', 'detailed_plain'],
      matrix: [
        [0.5, 0.25],
        [0.75, null],
      ],
      subsets: {},
    }
    const summary = { ...adaptive.evaluation.summary, groups: { groups: 2, rm_bench } }
    const page = renderReport([{ ...adaptive, evaluation: { ...adaptive.evaluation, summary } }])
    expect(cells(page, 'results', 'chosen concise')).toEqual(['50.0\u00A0%', '25.0\u00A0%'])
    expect(cells(page, 'results', 'chosen detailed plain')).toEqual(['75.0\u00A0%', '–'])
  })

  it('marks what differs between configurations and nothing else', () => {
    const differing = found(three, '.configuration tr.differs code')
    expect(differing.map((key) => key.textContent)).toEqual([
      'objective',
      'objectiveOptions.meanGradient',
      'objectiveOptions.meanOver',
    ])
  })

  it('gives the counts of pairs by length only where all runs have the same', () => {
    const { evaluation } = bradleyTerry
    const length = evaluation?.summary.confounds?.length
    const heading = (page: string) => /chosen has fewer[^<:]*/.exec(page)?.[0]
    if (!evaluation || !length) throw new Error('the example has lengths')
    const { summary } = evaluation
    const longer = { ...length, chosen_shorter: { ...length.chosen_shorter, pairs: length.chosen_shorter.pairs + 1 } }
    const other = {
      ...bradleyTerry,
      name: 'other',
      evaluation: { ...evaluation, summary: { ...summary, confounds: { ...summary.confounds, length: longer } } },
    } as ReportRun
    expect(heading(renderReport([bradleyTerry, bradleyTerry]))).toBe(
      `chosen has fewer (${length.chosen_shorter.pairs})`,
    )
    expect(heading(renderReport([bradleyTerry, other]))).toBe('chosen has fewer')
  })

  it('is the same for the same runs', () => {
    expect(renderReport(exampleRuns())).toBe(three)
  })
})

describe('renderMarginFigure', () => {
  it('needs no other file, in both colour schemes', () => {
    const picture = renderMarginFigure([bradleyTerry, annotated, adaptive])
    const colours = new Set(Array.from(picture.matchAll(/var\((--[\w-]+)\)/g), ([, name]) => name))
    for (const name of colours) expect(picture.split(`${name}:#`)).toHaveLength(3)
    expect(picture.match(/https?:[^"]+/g)?.every((address) => address === 'http://www.w3.org/2000/svg')).toBe(true)
    expect(picture).toContain(`accuracy ${(100 * (adaptive.evaluation?.summary.accuracy.value ?? 0)).toFixed(1)}`)
  })
})
