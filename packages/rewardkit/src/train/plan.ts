import { tmpdir } from 'node:os'
import {
  backward,
  dtypeSize,
  memoryStatistics,
  noGradient,
  resetPeakMemory,
  scope,
  type Tensor,
  tensorFrom,
} from '@rewardkit/torch'
import { at } from '../at.ts'
import { Interrupted } from '../errors.ts'
import type { Hooks } from '../events.ts'
import { findModel, forward, forwardFrom, hiddenStates } from '../models/index.ts'
import {
  countTokens,
  createSpool,
  type CutCounts,
  packGroups,
  planMicroBatches,
  type Spool,
  type TokenGroup,
} from '../tokens/index.ts'
import type { EvaluationData } from '../rewards/evaluation-data.ts'
import type { TrainOptions } from './train-options.ts'
import { type PreparedTraining, prepareTraining, type TrainInputs } from './prepare.ts'
import { graphMemory } from './graph-memory.ts'

/** One option and its value. */
export interface SettingForAnHour {
  readonly option: 'limit' | 'maxSteps' | 'train'
  readonly value: number | 'head'
}

/** What a run would do, and an estimate of what it would take. Plain data. */
export interface TrainingPlan {
  readonly pairs: number
  readonly groups: number
  /** Preferences that are left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>
  /** Groups that truncation cuts. */
  readonly truncated: number
  /** The same by what they lose. */
  readonly cut: CutCounts
  /** Tokens of one pass over the data: of all responses with their prompts, and with shared prefixes counted once. */
  readonly tokens: { readonly unshared: number; readonly shared: number }
  readonly steps: number
  /** Micro-batches of all steps. */
  readonly microBatches: number
  /** Shared tokens of all steps. */
  readonly stepTokens: number
  /**
   * Seconds of a step, of all steps, of the evaluations, and of the hidden states of frozen layers, which only the
   * first run computes. Measured on two micro-batches and scaled by tokens.
   */
  readonly seconds: {
    readonly perStep: number
    readonly training: number
    readonly evaluations: number
    readonly hiddenStates: number
  }
  /** Bytes of tensors at the peak of a step. */
  readonly memory: {
    readonly parameters: number
    readonly gradients: number
    readonly moments: number
    readonly graphs: number
  }
  /** Bytes: the two checkpoints that are kept, the model, the token ids while the run lasts, and the hidden states. */
  readonly disk: {
    readonly checkpoints: number
    readonly model: number
    readonly spool: number
    readonly hiddenStates: number
  }
  /** Settings each of which would make the run fit into an hour, by that estimate; null if it already fits. */
  readonly forAnHour: readonly SettingForAnHour[] | null
}

/**
 * Says what training with these options would do, without training. Reads the data as a run does, with token ids in the
 * temporary folder and nothing written to `out`. Then it times two micro-batches after one to warm up. Times and memory
 * are estimates; counts are exact. Saving and the optimizer's own time are left out.
 * @throws InputError as `train` does for data and model; Interrupted on request
 */
export async function planTraining(
  options: TrainOptions,
  hooks: Hooks,
  inputs: TrainInputs = {},
): Promise<TrainingPlan> {
  const spool = createSpool(tmpdir())
  try {
    const source = await findModel(options.model, hooks)
    return describePlan(await prepareTraining(options, source, inputs, spool, hooks), spool, hooks)
  } finally {
    spool.close()
  }
}

/** Two are timed; the first one warms up. */
const measuredMicroBatches = 3
const hour = 3600

function describePlan(prepared: PreparedTraining, spool: Spool, hooks: Hooks): TrainingPlan {
  const { options, objective, data, steps, model, part } = prepared
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
    const parts = planMicroBatches(groups, options.microBatchTokens).map((indexes) => indexes.map((i) => at(groups, i)))
    const counts = parts.map((groupsAtOnce) => groupsAtOnce.reduce((sum, group) => sum + countTokens(group), 0))
    const inStep = counts.reduce((sum, count) => sum + count, 0)
    microBatches += parts.length
    stepTokens += inStep
    largestStep = Math.max(largestStep, inStep)
    largestMicroBatch = Math.max(largestMicroBatch, ...counts)
    samples.push(...parts.slice(0, measuredMicroBatches - samples.length))
  }

  const cost = measure(prepared, samples, hooks)
  const parameters = bytesOf(model.parameters)
  const trained = bytesOf(part.trained.parameters)
  const room = Math.max(0, graphMemory(memoryStatistics()) - parameters - 3 * trained)
  // An objective of the whole batch needs all rewards first: graphs that find no room are computed a second time.
  const kept = objective.separable ? 0 : Math.min(largestStep, room / cost.bytesPerToken)
  const again = objective.separable ? 0 : 1 - kept / largestStep
  const training = stepTokens * (cost.stepSeconds + again * cost.forwardSeconds)
  const evaluated = tokensOf(data.evaluation)
  const tested = tokensOf(data.test)
  const evaluations = (evaluated * evaluationCount(prepared) + tested) * cost.forwardSeconds
  // The head alone takes one pass without gradient over all tokens, and next to nothing after that.
  const head = (tokens.shared + evaluated + tested) * (cost.hiddenSeconds + cost.forwardSeconds)
  const frozen = (tokens.shared + evaluated + tested) * cost.hiddenSeconds
  return {
    pairs: data.pairs,
    groups: data.groups.preferenceCounts.length,
    dropped: data.dropped,
    truncated: data.truncated,
    cut: data.cut,
    tokens,
    steps: steps.length,
    microBatches,
    stepTokens,
    seconds: { perStep: training / steps.length, training, evaluations, hiddenStates: frozen },
    memory: {
      parameters,
      gradients: trained,
      moments: 2 * trained,
      graphs: Math.ceil(cost.bytesPerToken * Math.max(kept, largestMicroBatch)),
    },
    // Each checkpoint has parameters and two moments.
    disk: {
      checkpoints: 2 * 3 * trained,
      model: parameters,
      spool: spool.bytes,
      hiddenStates: hiddenBytes(prepared, tokens.shared),
    },
    forAnHour: settingsForAnHour({ run: training + evaluations + frozen, head }, options, {
      rows: data.groups.preferenceCounts.length + heldOutRows(prepared),
      steps: steps.length,
    }),
  }
}

/** Tokens where every response goes through the model with its own prompt. */
function unsharedTokens({ prefix, branches, branchOf }: TokenGroup): number {
  return branchOf.reduce((sum, branch) => sum + prefix.length + at(branches, branch).length, 0)
}

function tokensOf(heldOut: EvaluationData | null): number {
  let tokens = 0
  for (const group of heldOut?.groups ?? []) tokens += countTokens(group.tokens)
  return tokens
}

const evaluationCount = ({ steps, options }: PreparedTraining): number =>
  1 + Math.floor((steps.length - 1) / (options.evalEvery ?? steps.length))

/** What is kept on the disk of frozen layers: of all tokens, or of the pooled ones where all layers are frozen. */
function hiddenBytes({ data, model, part, options }: PreparedTraining, trainingTokens: number): number {
  const { layers, hiddenSize } = model.config
  if (!part.frozenLayers) return 0
  let rows = 0
  if (part.frozenLayers < layers) rows = trainingTokens
  else for (const { tokens } of data.groups) rows += tokens.branches.length
  for (const heldOut of [data.evaluation, data.test])
    for (const { tokens } of heldOut?.groups ?? [])
      rows += part.frozenLayers < layers ? countTokens(tokens) : tokens.branches.length
  return rows * hiddenSize * dtypeSize(options.dtype)
}

/** Rows that `--limit` counts, too, since they come from the same data. */
const heldOutRows = ({ data, options }: PreparedTraining): number =>
  options.evalFraction ? (data.evaluation?.groups.preferenceCounts.length ?? 0) : 0

const bytesOf = (parameters: readonly Tensor[]): number =>
  parameters.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0)

/**
 * Fewer rows (or steps, where those are limited), or the head alone, where it is not that already.
 * @param seconds of the whole run, and of one that trains the head alone and computes all hidden states
 */
export function settingsForAnHour(
  seconds: { readonly run: number; readonly head: number },
  { train, maxSteps }: Pick<TrainOptions, 'train' | 'maxSteps'>,
  counts: { readonly rows: number; readonly steps: number },
): TrainingPlan['forAnHour'] {
  if (seconds.run <= hour) return null
  const settings: SettingForAnHour[] = []
  const part = hour / seconds.run
  if (maxSteps === undefined) settings.push({ option: 'limit', value: Math.floor(counts.rows * part) })
  else settings.push({ option: 'maxSteps', value: Math.floor(counts.steps * part) })
  if (train !== 'head' && seconds.head <= hour) settings.push({ option: 'train', value: 'head' })
  return settings.filter(({ value }) => value !== 0)
}

/**
 * What each token costs: seconds of the frozen layers, which run once, of the trained part with gradient and backward
 * pass, and of a pass without gradient. Also the memory of a graph.
 */
interface Cost {
  readonly hiddenSeconds: number
  readonly stepSeconds: number
  readonly forwardSeconds: number
  readonly bytesPerToken: number
}

/** Times micro-batches, the first of which warms up. Gradients are computed and dropped; parameters do not change. */
function measure(
  { model, part, options: { dtype } }: PreparedTraining,
  samples: readonly TokenGroup[][],
  hooks: Hooks,
): Cost {
  const frozenLayers = part.frozenLayers ?? 0
  const sum = { tokens: 0, hidden: 0, forward: 0, step: 0, bytesPerToken: 0 }
  for (let i = 0; i < measuredMicroBatches; i++) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    const packed = packGroups(at(samples, i % samples.length))
    scope(() => {
      const begun = performance.now()
      const states = frozenLayers > 0 ? noGradient(() => hiddenStates(model, packed, frozenLayers, dtype)) : null
      const rewardsOf = () =>
        states ? forwardFrom(model, packed, frozenLayers, states) : forward(model, packed, dtype)
      const start = performance.now()
      scope(() => noGradient(() => rewardsOf().float32()))
      const middle = performance.now()
      const before = memoryStatistics().bytes
      resetPeakMemory()
      scope(() => {
        const rewards = rewardsOf()
        backward([rewards], [tensorFrom(new Float32Array(at(rewards.shape, 0)).fill(1))])
      })
      const end = performance.now()
      // The first pass also makes room for the gradients, which are counted separately.
      if (i === 0) return
      sum.tokens += packed.ids.length
      sum.hidden += start - begun
      sum.forward += middle - start
      sum.step += end - middle
      const bytes = memoryStatistics().peakBytes - before
      sum.bytesPerToken = Math.max(sum.bytesPerToken, bytes / packed.ids.length)
    })
  }
  for (const parameter of model.parameters) parameter.gradient = null
  const perToken = (milliseconds: number) => milliseconds / 1000 / sum.tokens
  return {
    hiddenSeconds: frozenLayers > 0 ? perToken(sum.hidden) : 0,
    stepSeconds: perToken(sum.step),
    forwardSeconds: perToken(sum.forward),
    bytesPerToken: sum.bytesPerToken,
  }
}
