import { tmpdir } from 'node:os'
import { backward, memoryStatistics, noGradient, resetPeakMemory, scope, tensorFrom } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute.ts'
import { Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { forward, type RewardModel } from '../models/index.ts'
import { countTokens, createSpool, packGroups, planMicroBatches, type Spool, type TokenGroup } from '../tokens/index.ts'
import type { TrainOptions } from './options.ts'
import { type PreparedTraining, prepareTraining } from './prepare.ts'
import { graphMemory } from './resolve.ts'

/** What a run would do, and an estimate of what it would take. Plain data. */
export interface TrainingPlan {
  readonly pairs: number
  readonly groups: number
  /** Preferences that are left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Groups that truncation cuts. */
  readonly truncated: number
  /** Tokens of one pass over the data: of all responses with their prompts, and with shared prefixes counted once. */
  readonly tokens: { readonly unshared: number; readonly shared: number }
  readonly steps: number
  /** Micro-batches of all steps. */
  readonly microBatches: number
  /** Shared tokens of all steps. */
  readonly stepTokens: number
  /** Of a step, and of the whole run with its evaluations; measured on two micro-batches and scaled by tokens. */
  readonly seconds: { readonly perStep: number; readonly training: number; readonly evaluations: number }
  /** Bytes of tensors at the peak of a step. */
  readonly memory: {
    readonly parameters: number
    readonly gradients: number
    readonly moments: number
    readonly graphs: number
  }
  /** Bytes: the two checkpoints that are kept, the model, and the token ids while the run lasts. */
  readonly disk: { readonly checkpoints: number; readonly model: number; readonly spool: number }
  /** The option that would make the run fit into an hour; null where it fits as it is, or nothing would. */
  readonly forAnHour: { readonly option: '--limit' | '--max-steps'; readonly value: number } | null
}

/**
 * Says what training with these options would do, without training: reads the data as a run does (token ids go to the
 * temporary folder; nothing is written to `out`), then times two of its micro-batches after one to warm up. Times and
 * memory are estimates; counts are exact. Saving and the optimizer's own time are left out.
 * @throws InputError as `train` does for data and model; Interrupted on request
 */
export async function planTraining(options: TrainOptions, hooks: Hooks): Promise<TrainingPlan> {
  const spool = createSpool(tmpdir())
  try {
    return describePlan(await prepareTraining(options, spool, hooks), spool, hooks)
  } finally {
    spool.close()
  }
}

/** Two are timed; the first one warms up. */
const measuredMicroBatches = 3
const hour = 3600

function describePlan(prepared: PreparedTraining, spool: Spool, hooks: Hooks): TrainingPlan {
  const { options, objective, data, steps, model } = prepared
  const tokens = { unshared: 0, shared: 0 }
  for (const group of data.groups) {
    tokens.shared += countTokens(group.tokens)
    tokens.unshared += unsharedTokens(group.tokens)
  }

  let microBatches = 0
  let stepTokens = 0
  let largestStep = 0
  let largestMicroBatch = 0
  const samples: TokenGroup[][] = []
  for (const step of steps) {
    const groups = data.groups.read(step.groups).map((group) => group.tokens)
    const parts = planMicroBatches(groups, options.microBatchTokens).map((part) => part.flatMap((i) => groups[i] ?? []))
    const counts = parts.map((part) => part.reduce((sum, group) => sum + countTokens(group), 0))
    const inStep = counts.reduce((sum, count) => sum + count, 0)
    microBatches += parts.length
    stepTokens += inStep
    largestStep = Math.max(largestStep, inStep)
    largestMicroBatch = Math.max(largestMicroBatch, ...counts)
    samples.push(...parts.slice(0, measuredMicroBatches - samples.length))
  }

  const cost = measure(model, samples, options.dtype, hooks)
  const parameters = model.parameters.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)
  const room = Math.max(0, graphMemory(memoryStatistics()) - 4 * parameters)
  // An objective of the whole batch needs all rewards first: graphs that find no room are computed a second time.
  const kept = objective.separable ? 0 : Math.min(largestStep, room / cost.bytesPerToken)
  const again = objective.separable ? 0 : 1 - kept / largestStep
  const training = stepTokens * (cost.stepSeconds + again * cost.forwardSeconds)
  const evaluations = evaluationTokens(prepared) * cost.forwardSeconds
  return {
    pairs: data.pairs,
    groups: data.groups.preferenceCounts.length,
    dropped: data.dropped,
    truncated: data.truncated,
    tokens,
    steps: steps.length,
    microBatches,
    stepTokens,
    seconds: { perStep: training / steps.length, training, evaluations },
    memory: {
      parameters,
      gradients: parameters,
      moments: 2 * parameters,
      graphs: Math.ceil(cost.bytesPerToken * Math.max(kept, largestMicroBatch)),
    },
    // Each checkpoint has parameters and two moments.
    disk: { checkpoints: 2 * 3 * parameters, model: parameters, spool: spool.bytes },
    forAnHour: settingForAnHour(prepared, training + evaluations),
  }
}

/** Tokens where every response goes through the model with its own prompt. */
function unsharedTokens({ prefix, branches, branchOf }: TokenGroup): number {
  return branchOf.reduce((sum, branch) => sum + prefix.length + (branches[branch]?.length ?? 0), 0)
}

/** Tokens of the held-out groups, as often as they are evaluated. */
function evaluationTokens({ data, steps, options }: PreparedTraining): number {
  let tokens = 0
  for (const group of data.evaluation?.groups ?? []) tokens += countTokens(group.tokens)
  return tokens * (1 + Math.floor((steps.length - 1) / (options.evalEvery ?? steps.length)))
}

function settingForAnHour({ data, steps, options }: PreparedTraining, seconds: number): TrainingPlan['forAnHour'] {
  if (seconds <= hour) return null
  const heldOut = options.evalFraction ? (data.evaluation?.groups.preferenceCounts.length ?? 0) : 0
  const rows = data.groups.preferenceCounts.length + heldOut
  const [option, all] =
    options.maxSteps === undefined ? (['--limit', rows] as const) : (['--max-steps', steps.length] as const)
  const value = Math.floor((all * hour) / seconds)
  return value === 0 ? null : { option, value }
}

/** Seconds for each token: of the pass with gradient and its backward pass, and of one without; memory of a graph. */
interface Cost {
  readonly stepSeconds: number
  readonly forwardSeconds: number
  readonly bytesPerToken: number
}

/** Times micro-batches, the first of which warms up. Gradients are made and dropped; parameters stay as they are. */
function measure(model: RewardModel, samples: readonly TokenGroup[][], dtype: ComputeDtype, hooks: Hooks): Cost {
  let tokens = 0
  let stepSeconds = 0
  let forwardSeconds = 0
  let bytesPerToken = 0
  for (let i = 0; i < measuredMicroBatches; i++) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    const packed = packGroups(samples[i % samples.length] ?? [])
    const start = performance.now()
    scope(() => noGradient(() => forward(model, packed, dtype).float32()))
    const middle = performance.now()
    const before = memoryStatistics().bytes
    resetPeakMemory()
    scope(() => {
      const rewards = forward(model, packed, dtype)
      backward([rewards], [tensorFrom(new Float32Array(rewards.shape[0] ?? 0).fill(1))])
    })
    const end = performance.now()
    // The first pass also makes room for the gradients, which are counted by themselves.
    if (i === 0) continue
    tokens += packed.ids.length
    forwardSeconds += (middle - start) / 1000
    stepSeconds += (end - middle) / 1000
    bytesPerToken = Math.max(bytesPerToken, (memoryStatistics().peakBytes - before) / packed.ids.length)
  }
  for (const parameter of model.parameters) parameter.gradient = null
  return { stepSeconds: stepSeconds / tokens, forwardSeconds: forwardSeconds / tokens, bytesPerToken }
}
