import {
  convertOptionsSchema,
  dedupeOptionsSchema,
  filterOptionsSchema,
  leakageOptionsSchema,
  mixOptionsSchema,
  splitOptionsSchema,
} from '../data/transforms/transform-options.ts'
import type { TransformResult } from '../data/transforms/transform.ts'
import { inspectOptionsSchema } from '../inspect/inspect-options.ts'
import type { JobName, JobOptions, JobResult } from '../thread/worker.ts'
import { type Command, command, print, withTerminal } from './command.ts'
import { visible } from '../visible.ts'
import { exitCodes } from './exit-codes.ts'
import { formatLeakage, formatTransform } from './show-transform.ts'

/** Runs a verb in a thread of its own, with its progress on standard error. */
async function inThread<Name extends JobName>(name: Name, options: JobOptions<Name>): Promise<JobResult<Name>> {
  const { compute } = await import('./interruptible-job.ts')
  return withTerminal(({ onEvent }) => compute(name, options, onEvent))
}

/** Prints what a transformation of data did. */
function showTransform(result: TransformResult): number {
  print(visible(formatTransform(result)))
  return exitCodes.success
}

/** The verbs on preference data. */
export const dataCommands: readonly Command[] = [
  command({
    name: 'data inspect',
    summary: 'show what is in preference data before you train on it',
    example: 'rewardkit data inspect pairs.jsonl --model MODEL --show 3 --html pairs.html',
    schema: inspectOptionsSchema,
    positional: 'data',
    run: async (options) => {
      const inspection = await inThread('inspect', options)
      if (options.html !== undefined) {
        const { writeInspection } = await import('../reports/inspection.ts')
        writeInspection(inspection, options, options.html)
      }
      if (options.json) print(JSON.stringify(inspection, null, 2))
      else {
        const { formatInspection } = await import('./show-inspection.ts')
        print(formatInspection(inspection, process.stdout))
        if (options.html !== undefined) print(`page: ${options.html}`)
      }
      return exitCodes.success
    },
  }),
  command({
    name: 'data convert',
    summary: 'write preference data in another layout or file type',
    example: 'rewardkit data convert stanfordnlp/SHP --to pairs --out shp.parquet',
    schema: convertOptionsSchema,
    positional: 'data',
    run: async (options) => showTransform(await inThread('convert', options)),
  }),
  command({
    name: 'data split',
    summary: 'set rows aside for evaluation, whole prompts at a time',
    example: 'rewardkit data split pairs.jsonl --out split --test 0.1 --stratify',
    schema: splitOptionsSchema,
    positional: 'data',
    run: async (options) => {
      const code = showTransform(await inThread('split', options))
      if (options.by === 'row') print('rows were drawn one by one: a prompt may be on both sides')
      return code
    },
  }),
  command({
    name: 'data dedupe',
    summary: 'drop repeated rows, equal word for word or nearly so',
    example: 'rewardkit data dedupe pairs.jsonl --match near --out unique.jsonl',
    schema: dedupeOptionsSchema,
    positional: 'data',
    run: async (options) => showTransform(await inThread('dedupe', options)),
  }),
  command({
    name: 'data leakage',
    summary: 'find training prompts that are also in the evaluation data',
    example: 'rewardkit data leakage train.jsonl --against test.jsonl --out clean.jsonl',
    schema: leakageOptionsSchema,
    positional: 'data',
    run: async (options) => {
      const { leakage, written } = await inThread('leakage', options)
      print(options.json ? JSON.stringify(leakage, null, 2) : visible(formatLeakage(leakage)))
      if (written && !options.json) print(visible(formatTransform(written)))
      if (!written && options.out !== undefined)
        process.stderr.write(`no row is left: ${options.out} was not written\n`)
      return exitCodes.success
    },
  }),
  command({
    name: 'data mix',
    summary: 'write several data sets as one, with weights or caps',
    example: 'rewardkit data mix helpful.jsonl harmless.jsonl --weights 2,1 --out both.jsonl',
    schema: mixOptionsSchema,
    positional: 'sources',
    run: async (options) => showTransform(await inThread('mix', options)),
  }),
  command({
    name: 'data filter',
    summary: 'keep the rows that meet conditions',
    example: "rewardkit data filter pairs.jsonl --where 'subset!=code' --out some.jsonl",
    schema: filterOptionsSchema,
    positional: 'data',
    run: async (options) => showTransform(await inThread('filter', options)),
  }),
]
