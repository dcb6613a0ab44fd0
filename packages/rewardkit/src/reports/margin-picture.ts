import { runColour, runDash } from './draw.ts'
import { number, percent, shortened } from './number-format.ts'
import { escapeText } from './html.ts'
import { drawDensities, evaluatedRuns } from './margin-figures.ts'
import type { ReportRun } from './report-run.ts'
import { pictureStyle } from './style.ts'

const size = { panel: 440, height: 290, gap: 20, row: 24, margin: 20 }

/**
 * The runs' margin distributions as one self-contained SVG picture for a README, in the reader's colour scheme. The
 * left half is in reward units, the right half free of scale. Runs without evaluation are left out.
 */
export function renderMarginFigure(runs: readonly ReportRun[]): string {
  const evaluated = evaluatedRuns(runs).filter(({ margins }) => margins.length > 1)
  const legend = evaluated.map(({ index, name, evaluation: { summary } }, row) => {
    const { mean, standard_deviation, mean_over_standard_deviation } = summary.reward_margin
    const dash = runDash(index)
    const y = size.margin + 14 + row * size.row
    const line = `<path d="M${size.margin},${y - 4}h34" stroke="${runColour(index)}" stroke-width="3"${dash === undefined ? '' : ` stroke-dasharray="${dash}"`}/>`
    const facts = `accuracy ${percent(summary.accuracy.value)}, margin mean ${number(mean, 2)}, sd ${number(standard_deviation, 2)}, mean/sd ${number(mean_over_standard_deviation, 2)}`
    return `${line}<text x="66" y="${y}" fill="var(--text)"><tspan font-weight="600">${escapeText(shortened(name, 40))}</tspan><tspan x="270" fill="var(--muted)">${facts}</tspan></text>`
  })
  const top = size.margin + evaluated.length * size.row + 14
  const width = 2 * (size.panel + size.margin) + size.gap
  const height = top + size.height + size.margin
  const panels = (['reward', 'scale-free'] as const).map((axis, column) => {
    const drawing = drawDensities(evaluated, axis, size.panel, size.height)
    return `<g transform="translate(${size.margin + column * (size.panel + size.gap)},${top})">${drawing}</g>`
  })
  const label = `Reward margin distributions of ${evaluated.map(({ name }) => name).join(', ')}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(label)}" font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif" font-size="14"><style>${pictureStyle}</style><rect width="${width}" height="${height}" rx="8" fill="var(--surface)"/>${legend.join('')}${panels.join('')}</svg>\n`
}
