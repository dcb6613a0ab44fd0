import { exitCodes } from './exit-codes.ts'
import { dirname, join } from 'node:path'
import { counted } from '../counted.ts'
import { compareOptionsSchema } from '../compare/compare-options.ts'
import { scoreOptionsSchema } from '../evaluate/evaluate-options.ts'
import { simulateOptionsSchema } from '../simulate/index.ts'
import { quickstartOptionsSchema } from '../quickstart/quickstart-options.ts'
import { type Command, command, print, withTerminal } from './command.ts'
import {
  calibrateCommandSchema,
  doctorOptionsSchema,
  evaluateCommandSchema,
  experimentCommandSchema,
  reportOptionsSchema,
  setupOptionsSchema,
  trainCommandSchema,
} from './command-schemas.ts'
import { dataCommands } from './data-commands.ts'
import type { ExperimentOptions } from '../experiments/index.ts'
import type { TrainOptions } from '../train/train-options.ts'
import { visible } from '../visible.ts'
import { formatDuration } from './terminal.ts'

/** Verbs of two words, by their first. */
export const commandGroups: readonly { readonly name: string; readonly summary: string }[] = [
  { name: 'data', summary: 'inspect and transform preference data' },
]

async function printPlan(options: TrainOptions): Promise<number> {
  const [{ compute }, { formatPlan }] = await Promise.all([import('./interruptible-job.ts'), import('./show-plan.ts')])
  const plan = await withTerminal(({ onEvent }) => compute('plan', { options }, onEvent))
  print(formatPlan(plan))
  return exitCodes.success
}

async function printExperimentPlan(options: ExperimentOptions): Promise<number> {
  const [{ compute }, { planExperiment }, { formatExperimentPlan }] = await Promise.all([
    import('./interruptible-job.ts'),
    import('../experiments/index.ts'),
    import('./show-experiment-plan.ts'),
  ])
  const plan = await withTerminal(({ onEvent }) =>
    planExperiment(options, () => compute('speed', {}, onEvent), { onEvent, shouldStop: () => false }),
  )
  print(formatExperimentPlan(plan))
  return exitCodes.success
}

/** All verbs, in the order of the help. What a verb needs is loaded when it runs. */
export const commands: readonly Command[] = [
  command({
    name: 'quickstart',
    summary: 'train on simulated pairs and compare three objectives with each other and with the truth',
    example: 'rewardkit quickstart',
    schema: quickstartOptionsSchema,
    run: async (options) => {
      const [{ compute }, { writeReport }] = await Promise.all([
        import('./interruptible-job.ts'),
        import('../reports/index.ts'),
      ])
      const start = performance.now()
      const { table, runs } = await withTerminal(({ onEvent }) => compute('quickstart', options, onEvent))
      const [first = '', ...others] = runs
      const report = writeReport([first, ...others], { out: join(options.out, 'report.html') })
      print(`\n${table}\n`)
      print('This is a demonstration on simulated pairs, not evidence for an objective.')
      print(`report: ${report} (${formatDuration((performance.now() - start) / 1000)})`)
      return 0
    },
  }),
  command({
    name: 'simulate',
    summary: 'write preference pairs whose true margins are known',
    example: 'rewardkit simulate --pairs 2000 --noise flip:0.1 --out pairs.jsonl',
    schema: simulateOptionsSchema,
    run: async (options) => {
      const [{ simulateToFile }, { makeFolder }] = await Promise.all([
        import('../simulate/index.ts'),
        import('../folders.ts'),
      ])
      makeFolder(dirname(options.out))
      const summary = simulateToFile(options)
      const percent = (share: number) => `${(100 * share).toFixed(1)} %`
      print(`${counted(summary.pairs, 'pair')} in ${options.out}`)
      print(`best achievable accuracy ${percent(summary.best_achievable_accuracy)}`)
      print(`longer wins ${percent(summary.longer_wins)}`)
      return 0
    },
  }),
  command({
    name: 'train',
    summary: 'train a reward model on preference pairs',
    example: 'rewardkit train --model MODEL --data pairs.jsonl --out runs/first',
    schema: trainCommandSchema,
    run: async ({ dryRun, ...options }) => {
      if (dryRun) return printPlan(options)
      const [{ compute }, { evaluationText }, { writeReport }] = await Promise.all([
        import('./interruptible-job.ts'),
        import('./show-evaluation.ts'),
        import('../reports/index.ts'),
      ])
      const start = performance.now()
      const result = await withTerminal(({ onEvent }) => compute('train', { options }, onEvent))
      if (result.evaluation) {
        print(evaluationText(new Map([['held-out pairs', result.evaluation.summary]])))
      }
      const time = formatDuration((performance.now() - start) / 1000)
      print(`${counted(result.steps, 'step')} in ${time}; the model is in ${join(result.out, 'model')}`)
      print(`report: ${writeReport([result.out])}`)
      return 0
    },
  }),
  command({
    name: 'evaluate',
    summary: 'measure how well a reward model ranks preference pairs, and describe its margins',
    example: 'rewardkit evaluate --model runs/first --data test.jsonl --out runs/first/test',
    schema: evaluateCommandSchema,
    run: async (options) => {
      const { runEvaluate } = await import('./run-evaluate.ts')
      return runEvaluate(options)
    },
  }),
  command({
    name: 'calibrate',
    summary: "fit a reward model's temperature and the quantiles of its rewards on validation pairs",
    example: 'rewardkit calibrate --model runs/first --data validation.jsonl',
    schema: calibrateCommandSchema,
    run: async ({ json, ...options }) => {
      const [{ compute }, { formatCalibration }, { calibratedFolder, calibrationPath }] = await Promise.all([
        import('./interruptible-job.ts'),
        import('./show-calibration.ts'),
        import('../rewards/calibration-file.ts'),
      ])
      const calibration = await withTerminal(({ onEvent }) => compute('calibrate', { options }, onEvent))
      if (json) print(JSON.stringify(calibration, null, 1))
      else print(`${formatCalibration(calibration)}\n${calibrationPath(calibratedFolder(options.model))}`)
      return exitCodes.success
    },
  }),
  command({
    name: 'compare',
    summary: 'compare reward models on the same pairs: which is better, and what the data could have shown',
    example: 'rewardkit compare runs/baseline runs/other --fail-if-worse 0.01',
    schema: compareOptionsSchema,
    positional: 'arms',
    run: async ({ json, ...options }) => {
      const { compareRuns, formatComparison } = await import('../compare/index.ts')
      const comparison = await withTerminal(({ onEvent }) => compareRuns(options, { onEvent, shouldStop: () => false }))
      print(json ? JSON.stringify(comparison, null, 2) : visible(formatComparison(comparison)))
      return comparison.gate?.passed === false ? exitCodes.belowThreshold : exitCodes.success
    },
  }),
  command({
    name: 'score',
    summary: 'add rewards to rows of prompts and responses',
    example: 'rewardkit score --model runs/first --data responses.jsonl --out scored.jsonl',
    schema: scoreOptionsSchema,
    run: async (options) => {
      const { scoreFile } = await import('./score-file.ts')
      const { lines, failed } = await withTerminal(({ onEvent }) => scoreFile(options, onEvent))
      process.stderr.write(
        `${counted(lines, 'row')}${failed === 0 ? '' : `, ${failed} of them failed (see their "error")`}\n`,
      )
      return lines > 0 && failed === lines ? exitCodes.failure : exitCodes.success
    },
  }),
  command({
    name: 'experiment',
    summary: 'run a grid of models, data, objectives, learning rates and seeds, and tabulate what it shows',
    example: 'rewardkit experiment recipes/small/objectives.yaml --out runs/objectives',
    schema: experimentCommandSchema,
    positional: 'file',
    run: async ({ dryRun, ...options }) => {
      if (dryRun) return printExperimentPlan(options)
      const [{ compute }, { runExperiment, terminalText }] = await Promise.all([
        import('./interruptible-job.ts'),
        import('../experiments/index.ts'),
      ])
      const { failed, results } = await withTerminal(({ onEvent }) =>
        runExperiment(
          options,
          {
            train: (train, listen) => compute('train', { options: train }, listen),
            split: (split, listen) => compute('split', split, listen),
          },
          // Ctrl-C reaches the job that is running.
          { onEvent, shouldStop: () => false },
        ),
      )
      print(terminalText(results))
      print(`\nresults: ${join(options.out, 'results.json')}; tables: ${join(options.out, 'tables.html')}`)
      for (const { cell, problem } of failed) process.stderr.write(`failed: ${cell}: ${problem}\n`)
      return failed.length > 0 ? exitCodes.failure : exitCodes.success
    },
  }),
  ...dataCommands,
  command({
    name: 'report',
    summary: 'write an HTML page about one run, or about several side by side',
    example: 'rewardkit report runs/first runs/second --out comparison.html',
    schema: reportOptionsSchema,
    positional: 'runs',
    run: async ({ runs: [first = '', ...others], ...settings }) => {
      const { writeReport } = await import('../reports/index.ts')
      print(writeReport([first, ...others], settings))
      return 0
    },
  }),
  command({
    name: 'doctor',
    summary: 'check the installation, and a model',
    example: 'rewardkit doctor --model MODEL',
    schema: doctorOptionsSchema,
    run: async (options) => {
      const { doctor } = await import('./doctor.ts')
      return withTerminal((terminal) => doctor(options, print, terminal.onEvent))
    },
  }),
  command({
    name: 'setup',
    summary: 'install libtorch and compile the addon, or remove them',
    example: 'rewardkit setup',
    schema: setupOptionsSchema,
    run: async ({ remove }) => {
      const { removeSetup, setup } = await import('@rewardkit/torch/setup')
      if (remove) {
        const removed: string[] = removeSetup()
        print(removed.length === 0 ? 'nothing to remove' : removed.map((path) => `removed ${path}`).join('\n'))
        return 0
      }
      const { torchVersion, libtorchFolder } = await setup({ log: print })
      print(`ready: libtorch ${torchVersion} in ${libtorchFolder}`)
      return 0
    },
  }),
]
