import type { z } from 'zod'
import { experimentOptionsSchema, type ExperimentResult, runExperiment } from '../experiments/index.ts'
import { parseOptions } from './parse-options.ts'
import { runJob, type Watching } from './run-job.ts'

/** All options of `experiment`. */
export interface ExperimentSettings extends Readonly<z.input<typeof experimentOptionsSchema>>, Watching {}

/**
 * Runs the grid of models, data, arms, learning rates and seeds that a YAML file describes. Each cell is an ordinary run
 * folder below `out`, trained in a thread of its own, one after another. `resume` goes on with an experiment: cells that
 * have finished are left alone. Then `results.json` and tables of all finished cells are written.
 * @returns the results, and what failed: a cell that fails does not end the others
 * @throws RewardKitError: `invalid-input` before anything is computed, `interrupted` after `signal`
 * @example
 * const { results, failed } = await experiment({ file: 'grid.yaml', out: 'runs/grid' })
 */
export async function experiment(settings: ExperimentSettings): Promise<ExperimentResult> {
  const { signal, onEvent, ...rest } = settings
  const options = parseOptions(experimentOptionsSchema, rest)
  return runExperiment(
    options,
    {
      train: (train, listen) => runJob('train', { options: train }, { signal, onEvent: listen }),
      split: (split, listen) => runJob('split', split, { signal, onEvent: listen }),
    },
    { onEvent: (event) => onEvent?.(event), shouldStop: () => signal?.aborted ?? false },
  )
}
