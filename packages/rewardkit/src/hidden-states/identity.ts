import { createHash } from 'node:crypto'
import { cpuCapability, ops, scope, type Tensor } from '@rewardkit/torch'
import { cpuFeatures, locateNative } from '@rewardkit/torch/setup'
import type { ComputeDtype } from '../compute-options.ts'
import type { DecoderConfig, NamedParameters } from '../models/index.ts'
import type { TokenGroup } from '../tokens/index.ts'
import { version } from '../version.ts'

/** Elements that are hashed at a time: views have a limit. */
const pieceLength = 1 << 26

/** SHA-256 over names, shapes and values of parameters, in hexadecimal. */
export function hashParameters({ names, parameters }: NamedParameters): string {
  const hash = createHash('sha256')
  for (const [i, parameter] of parameters.entries()) {
    hash.update(`${names[i]} ${parameter.shape.join('x')}\n`)
    scope(() => {
      for (const piece of piecesOf(parameter)) hash.update(piece.bytes())
    })
  }
  return hash.digest('hex')
}

function* piecesOf(parameter: Tensor): Generator<Tensor> {
  const flat = ops.view(ops.detach(parameter), [-1])
  for (let start = 0; start < flat.elements; start += pieceLength)
    yield ops.narrow(flat, 0, start, Math.min(pieceLength, flat.elements - start))
}

/** What hidden states of a token sequence depend on. */
export interface StatesIdentity {
  readonly config: DecoderConfig
  /** `hashParameters` of the embedding and the layers. */
  readonly frozenWeights: string
  /** After how many layers they are taken. */
  readonly layers: number
  readonly dtype: ComputeDtype
  readonly threads: number
}

/**
 * All that decides about a bit of the states but the tokens. What this machine computes them with is part of it: states
 * found on the disk are those that would be computed.
 */
export function describeStates(identity: StatesIdentity): Record<string, unknown> {
  return {
    schema_version: 1,
    ...identity,
    libtorch: locateNative().torchVersion,
    rewardkit: version,
    vector_instructions: cpuCapability(),
    processor_features: cpuFeatures(),
  }
}

/** SHA-256 of a group's token ids, prefix and branches, 32 bytes. */
export function hashTokens({ prefix, branches }: TokenGroup): Buffer {
  const hash = createHash('sha256')
  for (const part of [prefix, ...branches]) {
    hash.update(Uint32Array.of(part.length))
    hash.update(part)
  }
  return hash.digest()
}
