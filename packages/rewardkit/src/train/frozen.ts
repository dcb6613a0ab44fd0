import { type RewardsOf, partsOf, wholeModel } from '../rewards/reward-pass.ts'
import type { Hooks } from '../events.ts'
import { hashParameters, openHiddenStates } from '../hidden-states/index.ts'
import { forwardFrom, type RewardNetwork, type TrainedPart } from '../models/index.ts'
import { packGroups, type TokenGroup } from '../tokens/index.ts'
import type { PlannedStep } from './batches.ts'
import type { TrainingData } from './training-data.ts'
import type { ResolvedOptions } from './resolved-options.ts'

/** The rewards of a model in training, from the hidden states of its frozen layers where it has any. */
export interface TrainingRewards {
  readonly rewardsOf: RewardsOf
  /** SHA-256 of the frozen parameters; null if there are none. */
  readonly frozenWeights: string | null
  /** Computes the hidden states that are not on the disk yet. Throws as `HiddenStates.fill`. */
  prepare(): void
  close(): void
}

/** The parts of a run that decide how its groups get their rewards. */
interface RunOfRewards {
  readonly model: RewardNetwork
  readonly part: TrainedPart
  readonly data: Pick<TrainingData, 'groups' | 'evaluation' | 'test'>
  readonly steps: readonly PlannedStep[]
  readonly options: Pick<ResolvedOptions, 'dtype' | 'threads' | 'microBatchTokens'>
}

/**
 * How the training and held-out groups of a run get their rewards: through the whole model, or through its upper part
 * alone if layers are frozen.
 * @throws as `openHiddenStates`
 */
export function openTrainingRewards(
  { model, part: { frozen, frozenLayers }, data, steps, options }: RunOfRewards,
  hooks: Hooks,
): TrainingRewards {
  const { dtype, threads } = options
  const frozenWeights = frozenLayers === null ? null : hashParameters(frozen)
  if (frozenWeights === null || !frozenLayers)
    return { rewardsOf: wholeModel(model, dtype), frozenWeights, prepare: () => {}, close: () => {} }
  const groups = { [Symbol.iterator]: () => tokensOf(data, steps, options.microBatchTokens) }
  const states = openHiddenStates(model, groups, { layers: frozenLayers, frozenWeights, dtype, threads }, hooks)
  return {
    rewardsOf: (wanted) => forwardFrom(model, packGroups(wanted), frozenLayers, states.read(wanted)),
    frozenWeights,
    prepare: () => states.fill(),
    close: () => states.close(),
  }
}

/** The groups of all steps, each once, and those of evaluations, where large ones go through the model in parts. */
function* tokensOf(
  { groups, evaluation, test }: Pick<TrainingData, 'groups' | 'evaluation' | 'test'>,
  steps: readonly PlannedStep[],
  microBatchTokens: number,
): Generator<TokenGroup> {
  const isUsed = new Uint8Array(groups.preferenceCounts.length)
  for (const step of steps) for (const index of step.groups) isUsed[index] = 1
  for (const [index, used] of isUsed.entries())
    if (used === 1) for (const { tokens } of groups.read([index])) yield tokens
  for (const heldOut of [evaluation, test])
    for (const { part } of partsOf(heldOut?.groups ?? [], ({ tokens }) => tokens, microBatchTokens)) yield part
}
