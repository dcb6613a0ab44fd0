import type { z } from 'zod'
import {
  experimentOptionsSchema,
  type ExperimentPlan,
  type ExperimentResult,
  planExperiment as planGrid,
  runExperiment,
} from '../experiments/index.ts'
import { parseOptions } from './parse-options.ts'
import { runJob, type Watching } from './run-job.ts'

/** All options of `experiment`. */
export interface ExperimentSettings extends Readonly<z.input<typeof experimentOptionsSchema>>, Watching {}

/**
 * Runs the grid of models, data, arms, learning rates and seeds that a YAML file describes. Each cell is an ordinary run
 * folder below `out`, trained in a thread of its own, one after another. `resume` continues an experiment: cells that
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

/**
 * Says what `experiment` with these settings would do, without training and without weights. Models are known by their
 * config.json, data by their card on the hub or by reading local files. Hours are an estimate from `speed`, or from a
 * short measurement of this machine. Names that could not be checked are listed. Nothing is written to `out`.
 * @throws RewardKitError as `experiment` does for the file
 * @example
 * const { hours, unchecked } = await planExperiment({ file: 'grid.yaml', out: 'runs/grid', speed: 1e14 })
 */
export async function planExperiment(settings: ExperimentSettings): Promise<ExperimentPlan> {
  const { signal, onEvent, ...rest } = settings
  const options = parseOptions(experimentOptionsSchema, rest)
  const measureSpeed = () => runJob('speed', {}, { signal, onEvent })
  const hooks = { onEvent: onEvent ?? (() => {}), shouldStop: () => signal?.aborted ?? false }
  return planGrid(options, measureSpeed, hooks)
}
