import type { Hooks } from '../events.ts'
import { readExperiment } from './experiment-file.ts'
import type { ExperimentOptions } from './experiment-options.ts'
import { collectResults, type ExperimentResults } from './results.ts'
import { type CellJobs, runCells, type ShardResult } from './run-cells.ts'
import { writeResults } from './write-results.ts'

/** What an experiment came to: what this call ran, and the results of all cells that have finished in the folder. */
export interface ExperimentResult extends ShardResult {
  readonly results: ExperimentResults
}

/**
 * Runs the cells of an experiment, or of one shard, and writes the results and tables of all that have finished in its
 * folder. Shards may share a folder, or run in folders of their own that are merged later.
 * @throws as `runCells`
 */
export async function runExperiment(
  options: ExperimentOptions,
  jobs: CellJobs,
  hooks: Hooks,
): Promise<ExperimentResult> {
  const experiment = readExperiment(options.file)
  const done = await runCells(experiment, options, jobs, hooks)
  const results = collectResults(experiment, options.out)
  writeResults(options.out, results)
  return { ...done, results }
}
