import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hooks } from '../events.ts'
import { jsonLines, writeLinesAtomic } from '../files.ts'
import { simulate } from '../simulate/index.ts'
import { planTraining } from '../train/plan.ts'
import { trainOptionsSchema } from '../train/train-options.ts'
import { createSimulationModel } from './simulation-model.ts'

/** Large enough that the arithmetic decides, small enough for a few seconds. */
const shape = { hiddenSize: 384, intermediateSize: 1024, layers: 2, heads: 6 }
/** Weights of its layers: attention, and the gated MLP. */
const weights = shape.layers * (4 * shape.hiddenSize ** 2 + 3 * shape.hiddenSize * shape.intermediateSize)

/**
 * Measures how fast this machine trains now: two micro-batches of a small model, after one to warm up.
 * @returns floating-point operations per second, where a token costs six for each weight of the layers
 */
export async function measureSpeed(
  { threads }: { readonly threads?: number | undefined },
  hooks: Hooks,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'rewardkit-speed-'))
  try {
    const [model, data] = [join(folder, 'model'), join(folder, 'pairs.jsonl')]
    createSimulationModel(model, shape)
    writeLinesAtomic(
      data,
      jsonLines(simulate({ pairs: 256, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed: 0 }).pairs),
    )
    const options = { model, data, out: folder, maxLength: 128, microBatchTokens: 1024, threads }
    const { seconds, stepTokens } = await planTraining(trainOptionsSchema.parse(options), {
      onEvent: () => {},
      shouldStop: () => hooks.shouldStop(),
    })
    return (6 * weights * stepTokens) / seconds.training
  } finally {
    rmSync(folder, { recursive: true })
  }
}
