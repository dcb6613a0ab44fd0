import {
  type AdamWState,
  backward,
  clipGradients,
  gradientNorm,
  noGradient,
  ops,
  scope,
  type Tensor,
  tensorFrom,
} from '@rewardkit/torch'
import { at } from '../at.ts'
import { FailureError, Interrupted } from '../errors.ts'
import { command, option, phrase } from '../phrase.ts'
import type { RewardsOf } from '../rewards/reward-pass.ts'
import type { BatchRewards, Objective, ObjectiveResult, ObjectiveState } from '../objectives/index.ts'
import { countTokens, planMicroBatches } from '../tokens/index.ts'
import type { EncodedGroup } from '../tokens/index.ts'
import { optimizerStep, type OptimizerOptions } from './optimizer.ts'
import { responseRewards } from './response-rewards.ts'

/** What a step needs besides the batch. */
export interface StepOptions extends OptimizerOptions {
  /** Tokens that go through the model at once (a larger group goes alone). */
  readonly microBatchTokens: number
  /** Gradients are clipped to this norm; 0 leaves them. */
  readonly maxGradNorm: number
  /** True where the memory allows to keep one more graph of this many tokens until its backward pass. */
  readonly mayKeepGraph: (tokens: number) => boolean
  readonly shouldStop: () => boolean
}

/** What a step changes in place, and how rewards follow from it. */
export interface Learner {
  /** Float32 leaves that require gradients. */
  readonly parameters: readonly Tensor[]
  readonly optimizer: AdamWState
  readonly rewardsOf: RewardsOf
}

/** What came out of a step: the objective's result on the batch, and the rewards that it saw. */
export interface StepResult extends ObjectiveResult {
  readonly rewards: BatchRewards
  readonly gradientNorm: number
  /** Tokens in the packed rows: shared prefixes count once. */
  readonly tokens: number
  /** Largest difference between the rewards of the two passes; null where there was one pass. */
  readonly rewardDifference: number | null
}

/**
 * One exact step of training on any number of micro-batches. The objective sees the rewards of the whole batch. Its
 * gradient with respect to them is then carried back through one micro-batch after another (the gradient cache of Gao
 * et al. 2021, applied to rewards). Gradients are summed in float32; the objective has already divided by B.
 *
 * The parameters and the optimizer's state change in place. Throws FailureError for rewards or gradients that are not
 * finite, and if the two passes disagree. Throws Interrupted between micro-batches.
 */
export function trainStep(
  { parameters, optimizer, rewardsOf }: Learner,
  batch: readonly EncodedGroup[],
  objective: Objective,
  state: ObjectiveState,
  options: StepOptions,
): StepResult {
  return scope(() => {
    const microBatches = planMicroBatches(
      batch.map((group) => group.tokens),
      options.microBatchTokens,
    ).map((indexes) => {
      const groups = indexes.map((i) => at(batch, i).tokens)
      return { indexes, groups, tokens: groups.reduce((sum, group) => sum + countTokens(group), 0) }
    })
    const rewards = responseRewards(batch)
    const graphs = new Map<object, Tensor>()
    clearGradients(parameters)

    // 1. The rewards of all micro-batches, unless each pair's loss depends on that pair alone. Graphs are kept as memory
    //    allows: what is kept changes neither the partition nor the order of accumulation, hence no bits.
    if (!objective.separable)
      for (const micro of microBatches) {
        stopIfAsked(options)
        const keep = options.mayKeepGraph(micro.tokens)
        const compute = () => scope(() => rewardsOf(micro.groups))
        const values = keep ? compute() : noGradient(compute)
        rewards.set(micro.indexes, numbers(values))
        if (keep) graphs.set(micro, values)
        else values.dispose()
      }

    // 2. The loss and its gradient with respect to the B rewards.
    const whole = objective.separable ? null : objective.evaluate(rewards.batch(), state)

    // 3. Every micro-batch with gradient, seeded with its slice. A separable objective gives each pair its final
    //    gradient, whatever rewards the other pairs have.
    let rewardDifference: number | null = null
    for (const micro of microBatches) {
      stopIfAsked(options)
      scope(() => {
        const values = graphs.get(micro) ?? rewardsOf(micro.groups)
        if (whole)
          rewardDifference = Math.max(rewardDifference ?? 0, rewards.largestDifference(micro.indexes, numbers(values)))
        else rewards.set(micro.indexes, numbers(values))
        const { chosenGradient, rejectedGradient } = whole ?? objective.evaluate(rewards.batch(), state)
        backward([values], [tensorFrom(rewards.gradient(micro.indexes, chosenGradient, rejectedGradient))])
        values.dispose()
      })
    }
    const result = whole ?? objective.evaluate(rewards.batch(), state)
    checkRewards(batch, rewards.batch(), result.loss, rewardDifference ?? 0)

    // 4. Clip and step.
    const gradients = parameters.map(gradientOf)
    const norm = gradientNorm(gradients)
    if (!Number.isFinite(norm))
      throw new FailureError(`the gradient norm is ${norm} at the pairs ${idsOf(batch)}`, {
        remedy: phrase`give a lower ${option('learningRate')}`,
      })
    noGradient(() => {
      if (options.maxGradNorm > 0) clipGradients(gradients, norm, options.maxGradNorm)
      optimizerStep(parameters, gradients, optimizer, options)
    })
    clearGradients(parameters)
    const tokens = microBatches.reduce((sum, micro) => sum + micro.tokens, 0)
    return { ...result, rewards: rewards.batch(), gradientNorm: norm, tokens, rewardDifference }
  })
}

/** The rewards as numbers: detached, float32. */
const numbers = (rewards: Tensor): Float32Array => ops.detach(rewards).float32()

function gradientOf(parameter: Tensor): Tensor {
  const gradient = parameter.gradient
  if (!gradient) throw new FailureError('a parameter of the model takes no part in the reward')
  return gradient
}

function clearGradients(parameters: readonly Tensor[]): void {
  for (const parameter of parameters) parameter.gradient = null
}

function stopIfAsked(options: StepOptions): void {
  if (options.shouldStop()) throw new Interrupted('stopped on request')
}

/**
 * Losses must be finite, and both passes must see the same rewards to 1e-4 of their standard deviation. If all rewards
 * are nearly equal, a few units in the last place are allowed.
 */
function checkRewards(
  batch: readonly EncodedGroup[],
  { chosen, rejected }: BatchRewards,
  loss: number,
  difference: number,
): void {
  if (!Number.isFinite(loss)) {
    const pairs = batch.flatMap((group) => group.preferences.map(() => group.id))
    const bad = pairs.filter((_, i) => !Number.isFinite(at(chosen, i) - at(rejected, i)))
    throw new FailureError(`the loss is ${loss}; rewards are not finite in ${listed(bad) || idsOf(batch)}`, {
      remedy: phrase`look at these pairs, or give a lower ${option('learningRate')}`,
    })
  }
  const all = [...chosen, ...rejected]
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length
  const deviation = Math.sqrt(all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length)
  const largest = all.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  if (!(difference <= Math.max(1e-4 * deviation, 8 * 2 ** -24 * largest)))
    throw new FailureError(
      phrase`the rewards of two passes differ by ${difference}, more than 1e-4 of their standard deviation ${deviation}, at the pairs ${idsOf(batch)}: the model or the machine does not reproduce its numbers; ${command('doctor')} shows both`,
    )
}

const idsOf = (batch: readonly EncodedGroup[]): string => listed(batch.map((group) => group.id))

function listed(ids: readonly string[]): string {
  return ids.length > 8 ? `${ids.slice(0, 8).join(', ')} and ${ids.length - 8} more` : ids.join(', ')
}
