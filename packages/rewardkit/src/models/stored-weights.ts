import { basename } from 'node:path'
import { ops, type Safetensors, scope, type Tensor } from '@rewardkit/torch'
import { InputError } from '../errors.ts'
import { phrase, settings } from '../phrase.ts'
import type { DecoderConfig, ModelConfig } from './config.ts'
import { recordOf } from './families.ts'
import { headBiasName, headNames } from './head.ts'
import { openWeights } from './weight-files.ts'
import { isOfHead, isStoredTransposed, type ParameterShapes } from './weights.ts'

/** A tensor of a file, under our name for it. */
export interface Stored {
  readonly file: Safetensors
  readonly name: string
  readonly shape: readonly number[]
  /** In the file it is [in, out], ours is [out, in]. */
  readonly isTransposed: boolean
}

/** The tensors of a folder by our names for them. Throws InputError where it has two heads. */
export function storedTensors(folder: string, { decoder, raw }: ModelConfig, wantsNew: boolean): Map<string, Stored> {
  const heads = headNames(raw)
  const present = new Map<string, Stored>()
  for (const file of openWeights(folder)) {
    for (const [theirs, { shape }] of file.entries) {
      const name = heads.get(theirs) ?? canonicalName(decoder, theirs)
      const isHead = isOfHead(name) || name === headBiasName
      if (isHead && wantsNew) continue
      const other = present.get(name)
      if (isHead && other)
        throw new InputError(
          `${folder} has two heads: ${other.name} in ${basename(other.file.path)} and ${theirs} in ${basename(file.path)}`,
          {
            remedy: phrase`remove the head that you do not want, or give ${settings({ head: 'new' })} to train a new one`,
          },
        )
      present.set(name, { file, name: theirs, shape, isTransposed: false })
    }
  }
  return present
}

/** The tensors of these shapes, in their order, and what is wrong with those that do not fit. */
export function fit(
  config: DecoderConfig,
  present: ReadonlyMap<string, Stored>,
  shapes: ParameterShapes,
): { readonly stored: Map<string, Stored>; readonly problems: string[] } {
  const problems: string[] = []
  const stored = new Map<string, Stored>()
  for (const [name, ours] of shapes) {
    const found = present.get(name)
    const isTransposed = isStoredTransposed(config, name, ours)
    const shape = isTransposed ? ours.toReversed() : ours
    if (!found) problems.push(`${name} is missing`)
    else if (found.shape.join() !== shape.join())
      problems.push(`${name} is [${found.shape.join(', ')}], expected [${shape.join(', ')}]`)
    else stored.set(name, { ...found, isTransposed })
  }
  return { stored, problems }
}

/** Throws InputError where there are problems. */
export function refuseProblems(folder: string, problems: readonly string[], remedy?: string): void {
  if (problems.length === 0) return
  const more = problems.length > 3 ? ` and ${problems.length - 3} more problems` : ''
  throw new InputError(`${folder}: the weights do not fit config.json: ${problems.slice(0, 3).join('; ')}${more}`, {
    remedy,
  })
}

/** Some checkpoints hold the bare decoder, without the prefix of the whole model. */
function canonicalName({ family }: DecoderConfig, name: string): string {
  const { prefix, parts } = recordOf(family)
  const isBare = [parts.embedding, parts.positions, parts.layers, parts.finalNorm].some(
    (part) => part !== undefined && name.startsWith(`${part}.`),
  )
  return isBare ? `${prefix}${name}` : name
}

/** Output heads of language models, buffers of old checkpoints, and the head's bias, which is not a parameter. */
export const isIgnored = (name: string): boolean =>
  name === headBiasName ||
  /^(lm_head|embed_out)\.weight$/.test(name) ||
  /\.(rotary_emb\.inv_freq|(attention|attn)\.(bias|masked_bias))$/.test(name)

/** In float32 whatever dtype the file has, and as [out, in]. */
export function ownCopy({ file, name, isTransposed }: Stored): Tensor {
  return scope(() => {
    const copy = ops.to(file.get(name), 'float32')
    return isTransposed ? ops.contiguous(ops.transpose(copy, 0, 1)) : copy
  })
}
