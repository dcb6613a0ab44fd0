import type { Tensor } from '@rewardkit/torch'
import { InputError } from '../errors.ts'
import { type ModelConfig, readModelConfig } from './config.ts'
import { recordOf } from './families.ts'
import { claimOfHead } from './head.ts'
import type { NamedParameters } from './reward-network.ts'
import { fit, isIgnored, ownCopy, refuseProblems, storedTensors } from './stored-weights.ts'
import { arrangeDecoder, decoderShapes, type DecoderWeights, headKindOf } from './weights.ts'

/** A decoder with the output head of a language model, in memory: plain data. */
export interface LanguageModel extends NamedParameters, ModelHead {
  readonly config: ModelConfig['decoder']
  /** config.json as it was read. */
  readonly rawConfig: ModelConfig['raw']
  readonly weights: DecoderWeights
}

interface ModelHead {
  /** Turns hidden states into logits: [vocabulary, hidden]. The embedding itself where the two are tied. */
  readonly outputHead: Tensor
  readonly isTied: boolean
}

/**
 * Loads the causal language model of a Hugging Face folder into float32 parameters in memory of their own. Its output
 * head is a tensor of its own, or the embedding where config.json ties the two.
 * @throws InputError for a reward model, and for weights that are missing, unexpected or of the wrong shape, by name
 */
export function loadLanguageModel(folder: string): LanguageModel {
  const { decoder: config, raw } = readModelConfig(folder)
  const refusal = notALanguageModel(folder, { decoder: config, raw })
  if (refusal !== null)
    throw new InputError(`${folder}: it is a reward model (${refusal}), without the output head of a language model`, {
      remedy: 'name the language model that it was trained from',
    })
  const present = storedTensors(folder, { decoder: config, raw }, false)
  const { outputHead = 'lm_head', tiesEmbeddings = false } = recordOf(config.family)
  const isTied = typeof raw['tie_word_embeddings'] === 'boolean' ? raw['tie_word_embeddings'] : tiesEmbeddings
  const headName = `${outputHead}.weight`
  const shapes = new Map(decoderShapes(config))
  if (!isTied) shapes.set(headName, [config.vocabularySize, config.hiddenSize])
  const { stored, problems } = fit(config, present, shapes)
  const unexpected = [...present.keys()].filter((name) => !shapes.has(name) && !isIgnored(name))
  refuseProblems(folder, [...problems, ...unexpected.map((name) => `${name} is unexpected`)])
  const parameters = new Map([...stored].map(([name, tensor]) => [name, ownCopy(tensor)] as const))
  for (const parameter of parameters.values()) parameter.setRequiresGradient(true)
  const weights = arrangeDecoder(config, parameters)
  return {
    config,
    rawConfig: raw,
    weights,
    outputHead: parameters.get(headName) ?? weights.embedding,
    isTied,
    names: [...parameters.keys()],
    parameters: [...parameters.values()],
  }
}

/** What shows that a folder holds a reward model; null for a language model. */
function notALanguageModel(folder: string, model: ModelConfig): string | null {
  const claim = claimOfHead(model.raw)
  if (claim !== null) return claim
  return headKindOf(storedTensors(folder, model, false)) ? 'its weights have a reward head' : null
}
