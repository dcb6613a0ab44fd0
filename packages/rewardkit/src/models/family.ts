import { z } from 'zod'
import { InputError } from '../errors.ts'
import type { Rotary } from './rotary-config.ts'

/** What a decoder computes. One decoder for all families: what differs between them is data. */
export interface Decoder {
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly headSize: number
  readonly intermediateSize: number
  readonly vocabularySize: number
  /** Positions that the model was made for; null if its config.json does not say. */
  readonly maxPositions: number | null
  /** Embeddings are multiplied by this, rounded in the compute dtype (Gemma); null for families that do not scale. */
  readonly embeddingScale: number | null
  /** `rms`: scaled by w, as in Llama. `rms-plus-one`: by 1 + w (Gemma). `layer`: mean removed, with bias (GPT-NeoX). */
  readonly norm: 'rms' | 'rms-plus-one' | 'layer'
  readonly normEpsilon: number
  /** Of the MLP: down(activation(gate) * up) in families with a gate, else down(activation(up)). */
  readonly activation: 'silu' | 'gelu' | 'gelu-tanh' | 'relu'
  /** Attention and MLP read the same hidden state and are added together (GPT-NeoX), instead of one after the other. */
  readonly parallelResidual: boolean
  readonly attentionBias: boolean
  readonly outputBias: boolean
  readonly mlpBias: boolean
  /** How a fused projection holds query, key and value: of each head in turn (GPT-NeoX), or of all heads (GPT-2). */
  readonly fusedOrder: 'by-head' | 'in-blocks' | null
  /** What the norms of query and key span: each head (Qwen3), or the whole projection (OLMo 2). */
  readonly queryKeyNorm: 'head' | 'projection' | null
  /** Null for families that learn positions (GPT-2). */
  readonly rotary: Rotary | null
  /** Attention scores are query · key times this; null for 1 / sqrt(headSize). */
  readonly scoreScale: number | null
  /** Attention scores s become cap * tanh(s / cap), before the mask (Gemma 2). */
  readonly scoreCap: number | null
  /** Logits of a language model l become cap * tanh(l / cap) (Gemma 2); rewards have no cap. */
  readonly logitCap: number | null
  /** Of each layer, the tokens that a token can look back on, itself included; null for all of them. */
  readonly windows: readonly (number | null)[]
}

/** The parts of a layer, in the order of the forward pass. The norms named `...OutputNorm` are of what is added. */
export const layerParts = [
  'attentionNorm',
  'fused',
  'query',
  'key',
  'value',
  'queryNorm',
  'keyNorm',
  'output',
  'attentionOutputNorm',
  'mlpNorm',
  'gate',
  'up',
  'down',
  'mlpOutputNorm',
] as const
export type LayerPart = (typeof layerParts)[number]

/** The names of a checkpoint's modules for each part. A part without a name does not exist in the family. */
export interface PartNames {
  readonly embedding: string
  /** The table of learned positions. */
  readonly positions?: string
  /** The list of layers; each layer's names lie below its number. */
  readonly layers: string
  readonly layer: Readonly<Partial<Record<LayerPart, string | undefined>>>
  readonly finalNorm: string
}

/** All that a family is: how its config.json reads, and how its checkpoints name and store the parts. */
export interface FamilyRecord {
  /** The class of its reward models in transformers. */
  readonly architecture: string
  /** Comes before every name of the decoder in a checkpoint. */
  readonly prefix: string
  readonly parts: PartNames
  /** The matrices of the layers are stored as [in, out] (Conv1D in GPT-2) instead of [out, in]. */
  readonly storesTransposed?: boolean
  /**
   * The decoder that config.json describes. Throws InputError, which begins with the path, for anything unsupported.
   */
  read(path: string, raw: unknown): Decoder
  /** The name of a language model's output head; by default `lm_head`. */
  readonly outputHead?: string
  /** Whether language models of the family use the embedding as output head where config.json does not say. */
  readonly tiesEmbeddings?: boolean
  /** Fields of config.json that transformers takes as 50.0 alone, not as 50. */
  readonly floatFields?: readonly string[]
  /** The fields of config.json for theta and the turned share of a head; by default `rope_theta` alone. */
  savedRotary?(rotary: Rotary, headSize: number): Record<string, unknown>
}

/** A family from its record: `fields` are those of config.json that it reads, `decoder` says what they mean. */
export function family<Fields extends z.ZodType>(
  record: Omit<FamilyRecord, 'read'> & {
    readonly fields: Fields
    decoder(fields: z.output<Fields>, path: string): Decoder
  },
): FamilyRecord {
  return { ...record, read: (path, raw) => record.decoder(parseFields(path, record.fields, raw), path) }
}

export const positive = z.number().int().positive()

/** Reads fields of config.json. Throws InputError that names the first field that is missing or wrong. */
export function parseFields<Fields extends z.ZodType>(path: string, fields: Fields, raw: unknown): z.output<Fields> {
  const parsed = fields.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const found: unknown = issue?.path.reduce<unknown>(fieldOf, raw)
  throw new InputError(
    `${path}: ${issue?.path.join('.') ?? ''} is ${JSON.stringify(found) ?? 'missing'}: ${issue?.message ?? 'not as expected'}`,
  )
}

const fieldOf = (value: unknown, key: PropertyKey): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

/** Throws InputError for heads that do not divide the hidden size, or that key-value heads do not divide. */
export function checkHeads(
  path: string,
  decoder: Pick<Decoder, 'hiddenSize' | 'heads' | 'keyValueHeads' | 'headSize'>,
): void {
  const { hiddenSize, heads, keyValueHeads, headSize } = decoder
  if (!Number.isInteger(headSize) || heads % keyValueHeads !== 0)
    throw new InputError(
      `${path}: ${heads} heads do not fit a hidden size of ${hiddenSize} with ${keyValueHeads} key-value heads`,
    )
}

/** What a family does unless its record says otherwise. */
export const ordinary = {
  embeddingScale: null,
  parallelResidual: false,
  fusedOrder: null,
  queryKeyNorm: null,
  rotary: null,
  scoreScale: null,
  scoreCap: null,
  logitCap: null,
} as const satisfies Partial<Decoder>

/** The same window, or none, in every layer. */
export const inEveryLayer = (layers: number, window: number | null): (number | null)[] =>
  Array.from({ length: layers }, () => window)
