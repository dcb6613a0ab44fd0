import { basename, dirname, join, resolve } from 'node:path'

import { writeFileAtomic } from '../files.ts'
import { comparisonFigure, holdsComparison, loadComparison } from './comparison.ts'
import { loadRun } from './load-run.ts'
import { writePictures } from './pictures.ts'
import { renderReport, reportFigures, type ReportSettings } from './report.ts'
import type { ReportRun } from './report-run.ts'

/** What to write beside the page, and what goes into it. */
export interface WriteSettings extends Pick<ReportSettings, 'pairs'> {
  /** The page. Where it is not given: `report.html` in the run folder, or in the working directory for several runs. */
  readonly out?: string | undefined
  /** A folder for every picture as SVG and PNG; none by default. */
  readonly pictures?: string | undefined
}

/**
 * Writes the report of one run folder, or of several side by side, and of folders that `rewardkit compare` wrote. Runs whose folders have the same name are told apart
 * by the folder above.
 *
 * @returns The path of the page.
 * @throws {InputError} as `loadRun` does.
 */
export function writeReport(folders: readonly [string, ...string[]], settings: WriteSettings = {}): string {
  const { out, pictures, ...shown } = settings
  const path = out ?? (folders.length === 1 ? join(folders[0], 'report.html') : 'report.html')
  const comparisons = folders.filter(holdsComparison).map(loadComparison)
  const runs = withDistinctNames(folders.filter((folder) => !holdsComparison(folder)))
  writeFileAtomic(path, renderReport(runs, { ...shown, comparisons }))
  if (pictures !== undefined)
    writePictures(
      pictures,
      [...comparisons.map(comparisonFigure), ...reportFigures(runs)],
      runs.map(({ name }) => name),
    )
  return path
}

function withDistinctNames(folders: readonly string[]): ReportRun[] {
  const runs = folders.map((folder) => ({ run: loadRun(folder), parent: basename(dirname(resolve(folder))) }))
  return runs.map(({ run, parent }) => {
    const alone = runs.filter((other) => other.run.name === run.name).length === 1
    return alone ? run : { ...run, name: `${parent}/${run.name}` }
  })
}
