import { basename, dirname, join, resolve } from 'node:path'

import { writeFileAtomic } from '../files.ts'
import { loadRun } from './load-run.ts'
import { renderReport } from './report.ts'
import type { ReportRun } from './report-run.ts'

/**
 * Writes the report of one run folder, or of several side by side. Runs whose folders have the same name are told apart
 * by the folder above.
 *
 * @param out The file to write. Where it is not given: `report.html` in the run folder, `report.html` in the working
 *   directory for several.
 * @returns The path of the written file.
 * @throws {InputError} as `loadRun` does.
 */
export function writeReport(folders: readonly [string, ...string[]], out?: string): string {
  const path = out ?? (folders.length === 1 ? join(folders[0], 'report.html') : 'report.html')
  writeFileAtomic(path, renderReport(withDistinctNames(folders)))
  return path
}

function withDistinctNames(folders: readonly string[]): ReportRun[] {
  const runs = folders.map((folder) => ({ run: loadRun(folder), parent: basename(dirname(resolve(folder))) }))
  return runs.map(({ run, parent }) => {
    const alone = runs.filter((other) => other.run.name === run.name).length === 1
    return alone ? run : { ...run, name: `${parent}/${run.name}` }
  })
}
