import { z } from 'zod'
import { InputError } from '../errors.ts'

/** How rotary position embedding turns queries and keys. */
export interface Rotary {
  readonly theta: number
  /** Dimensions of each head that are turned; the others pass. */
  readonly dimensions: number
  readonly scaling:
    | { readonly kind: 'none' }
    | { readonly kind: 'linear'; readonly factor: number }
    | {
        readonly kind: 'llama3'
        readonly factor: number
        readonly lowFrequencyFactor: number
        readonly highFrequencyFactor: number
        readonly originalMaxPositions: number
      }
}

const rope = z.looseObject({
  rope_type: z.string().optional(),
  type: z.string().optional(),
  rope_theta: z.number().positive().optional(),
  partial_rotary_factor: z.number().positive().max(1).optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().positive().optional(),
})

/** The rotary fields of config.json, in the words of old and new files. */
export const rotaryFields = {
  rotary_pct: z.number().positive().max(1).optional(),
  rotary_emb_base: z.number().positive().optional(),
  partial_rotary_factor: z.number().positive().max(1).optional(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: rope.nullish(),
  rope_parameters: rope.nullish(),
}
type RotaryFields = z.infer<z.ZodObject<typeof rotaryFields>>

/**
 * What the fields say.
 * @param path of config.json, for errors
 * @param share of a head's dimensions that are turned, if the file does not say
 * @throws InputError for scaling that is not supported, by name
 */
export function readRotary(path: string, fields: RotaryFields, headSize: number, share = 1): Rotary {
  const given = fields.rope_parameters ?? fields.rope_scaling ?? {}
  const theta = given.rope_theta ?? fields.rope_theta ?? fields.rotary_emb_base ?? 10_000
  const turned = given.partial_rotary_factor ?? fields.partial_rotary_factor ?? share
  const kind = given.rope_type ?? given.type ?? 'default'
  const number = (name: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') => {
    const value = given[name]
    if (value === undefined) throw new InputError(`${path}: rotary scaling '${kind}' needs ${name}`)
    return value
  }
  const dimensions = Math.floor(headSize * turned)
  if (kind === 'default') return { theta, dimensions, scaling: { kind: 'none' } }
  if (kind === 'linear') return { theta, dimensions, scaling: { kind, factor: number('factor') } }
  if (kind === 'llama3')
    return {
      theta,
      dimensions,
      scaling: {
        kind,
        factor: number('factor'),
        lowFrequencyFactor: number('low_freq_factor'),
        highFrequencyFactor: number('high_freq_factor'),
        originalMaxPositions: number('original_max_position_embeddings'),
      },
    }
  throw new InputError(`${path}: rotary scaling '${kind}' is not supported; supported are default, linear and llama3`)
}

/** The rotary scaling in the words of transformers 4, which transformers 5 reads too. */
export function writtenScaling(scaling: Rotary['scaling']): Record<string, unknown> | null {
  if (scaling.kind === 'none') return null
  const kind = { rope_type: scaling.kind, type: scaling.kind, factor: scaling.factor }
  if (scaling.kind === 'linear') return kind
  return {
    ...kind,
    low_freq_factor: scaling.lowFrequencyFactor,
    high_freq_factor: scaling.highFrequencyFactor,
    original_max_position_embeddings: scaling.originalMaxPositions,
  }
}
