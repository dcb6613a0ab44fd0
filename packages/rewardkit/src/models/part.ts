import type { Tensor } from '@rewardkit/torch'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import { option, phrase } from '../phrase.ts'
import type { NamedParameters, RewardNetwork } from './reward-network.ts'
import { isOfHead, layerPrefix } from './weights.ts'

/** The part of a model that is trained, and the part that is frozen. */
export interface TrainedPart {
  readonly trained: NamedParameters
  readonly frozen: NamedParameters
  /** How many layers, counted from below, are frozen together with the embedding; null if everything is trained. */
  readonly frozenLayers: number | null
}

/** Whether a text names a part of a model: `all`, `head`, or `last:N` for the last N layers, final norm and head. */
export const isPartName = (text: string): boolean => /^(all|head|last:[1-9]\d*)$/.test(text)

/**
 * Divides a model into the named part and the rest, which will take no gradients. The final norm is trained with the
 * last layers, not with the head alone.
 * @throws InputError for more layers than the model has
 */
export function trainPart(model: RewardNetwork, name: string): TrainedPart {
  const { layers } = model.config
  const last = name.startsWith('last:') ? Number(name.slice('last:'.length)) : 0
  if (last > layers)
    throw new InputError(phrase`${option('train')} ${name}: the model has ${layers} layers`, {
      remedy: `give last:${layers} or fewer, or all`,
    })
  const frozenLayers = name === 'all' ? null : layers - last
  const isFrozen = (parameter: Tensor, parameterName: string): boolean => {
    if (frozenLayers === null) return false
    if (last === 0) return !isOfHead(parameterName)
    const below = Array.from({ length: frozenLayers }, (_, i) => layerPrefix(model.config, i))
    const { embedding, positions } = model.weights
    return (
      parameter === embedding || parameter === positions || below.some((prefix) => parameterName.startsWith(prefix))
    )
  }
  const frozen = model.parameters.map((parameter, i) => isFrozen(parameter, at(model.names, i)))
  const pick = (wanted: boolean): NamedParameters => ({
    names: model.names.filter((_, i) => frozen[i] === wanted),
    parameters: model.parameters.filter((_, i) => frozen[i] === wanted),
  })
  const part = { trained: pick(false), frozen: pick(true), frozenLayers }
  for (const parameter of part.frozen.parameters) parameter.setRequiresGradient(false)
  return part
}
