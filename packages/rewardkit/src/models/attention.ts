import { type DType, ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import type { PackedBatch, PackedGroup } from '../tokens/index.ts'

interface Range {
  readonly start: number
  readonly length: number
}

/** Consecutive queries of one sequence, and what they look at. */
export interface Look {
  /** In the row of queries. */
  readonly queries: Range
  /** In the row of all tokens, one after the other: the prefix and a branch, or both at once. */
  readonly keys: readonly Range[]
  /** `causal`: each query sees the keys up to its own place. `all`: every key. A mask is added to the scores. */
  readonly sees: 'causal' | 'all' | Tensor
}

/** How far the queries of a layer see, and how many of them are computed at a time. */
export interface Sight {
  /** Tokens that a query can look back on, itself included; null for all of them. */
  readonly window: number | null
  /** The most scores of one head to hold at a time; null for the fused operator, which holds none. */
  readonly scoresAtOnce: number | null
  /** Of the masks: the compute dtype. */
  readonly dtype: DType
}

/**
 * How all tokens of a packed batch look at each other. A prefix looks at itself causally, and a branch at the prefix
 * and itself causally, never at another branch, and never further back than the window. Prefix and first branch are one
 * causal sequence; each other branch looks at the prefix again.
 */
export function allLooks(packed: PackedBatch, sight: Sight): Look[] {
  return packed.groups.flatMap((group) =>
    sequencesOf(group).flatMap(({ prefix, branch }, i) => {
      const total = prefix.length + branch.length
      if (i > 0) return looksOf(branch, joined(prefix, branch), prefix.length, sight)
      const whole = { start: prefix.start, length: total }
      return looksOf(whole, [whole], 0, sight)
    }),
  )
}

/** How the pooled tokens alone look, in the order of `pooledRows`: at all of the sequence that they end. */
export function pooledLooks(packed: PackedBatch, sight: Sight): Look[] {
  return packed.groups.flatMap(sequencesOf).flatMap(({ prefix, branch }, at) => {
    const total = prefix.length + branch.length
    return looksOf({ start: at, length: 1 }, joined(prefix, branch), total - 1, sight)
  })
}

/** The rows of the pooled tokens, one for each branch, in the order of groups and their branches. */
export const pooledRows = (packed: PackedBatch): number[] =>
  packed.groups.flatMap(sequencesOf).map(({ branch }) => branch.start + branch.length - 1)

/** Where prefix and branch of each of a group's sequences lie. */
function sequencesOf({ start, prefixLength, branchLengths }: PackedGroup): { prefix: Range; branch: Range }[] {
  const prefix = { start, length: prefixLength }
  let from = start + prefixLength
  return branchLengths.map((length) => {
    const branch = { start: from, length }
    from += length
    return { prefix, branch }
  })
}

/** One range where they touch. */
function joined(prefix: Range, branch: Range): Range[] {
  if (prefix.length === 0) return [branch]
  if (prefix.start + prefix.length < branch.start) return [prefix, branch]
  return [{ start: prefix.start, length: prefix.length + branch.length }]
}

/** Queries from position `first` on, to the end of the sequence that the keys are. */
function looksOf(
  queries: Range,
  keys: readonly Range[],
  first: number,
  { window, scoresAtOnce, dtype }: Sight,
): Look[] {
  const total = first + queries.length
  const mask = (asked: number, from: number, seen: number) => {
    const values = new Float32Array(asked * seen).fill(-Infinity)
    for (let i = 0; i < asked; i++) {
      const end = from + i + 1
      values.fill(0, i * seen + Math.max(0, end - (window ?? end)), i * seen + end)
    }
    return ops.to(tensorFrom(values, [asked, seen]), dtype)
  }
  if (scoresAtOnce === null) {
    const isUnlimited = window === null || window >= total
    if (isUnlimited && first === 0) return [{ queries, keys, sees: 'causal' }]
    if (isUnlimited && first === total - 1) return [{ queries, keys, sees: 'all' }]
    return [{ queries, keys, sees: mask(queries.length, first, total) }]
  }
  const atOnce = Math.max(1, Math.floor(scoresAtOnce / total))
  return Array.from({ length: Math.ceil(queries.length / atOnce) }, (_, i) => {
    const offset = i * atOnce
    const length = Math.min(atOnce, queries.length - offset)
    const place = first + offset
    const from = Math.max(0, place + 1 - (window ?? place + 1))
    const seen = place + length - from
    return {
      queries: { start: queries.start + offset, length },
      keys: within(keys, from, seen),
      sees: length === 1 ? 'all' : mask(length, place - from, seen),
    }
  })
}

/** `length` tokens from the `from`th on of ranges that follow one another. */
function within(ranges: readonly Range[], from: number, length: number): Range[] {
  let before = 0
  return ranges.flatMap((range) => {
    const start = Math.max(from - before, 0)
    const end = Math.min(from + length - before, range.length)
    before += range.length
    return start < end ? [{ start: range.start + start, length: end - start }] : []
  })
}

/** How scores are made of queries and keys. */
export interface Scoring {
  /** Scores are query · key times this; null for 1 / sqrt(size). */
  readonly scale: number | null
  /** Scores s become cap * tanh(s / cap) before the mask; null for none. */
  readonly cap: number | null
}

/**
 * Scaled dot-product attention within each sequence: query [queries, heads, size], key and value
 * [T, key-value heads, size] -> [queries, heads, size]. The looks cover the queries in order.
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  looks: readonly Look[],
  { scale, cap }: Scoring,
): Tensor {
  const [q, k, v] = [query, key, value].map((states) => ops.unsqueeze(ops.transpose(states, 0, 1), 0))
  if (!q || !k || !v) throw new Error('three tensors went in')
  const part = (states: Tensor, { start, length }: Range) => ops.narrow(states, 2, start, length)
  const parts = (states: Tensor, ranges: readonly Range[]) => {
    const found = ranges.map((range) => part(states, range))
    return found.length === 1 && found[0] ? found[0] : ops.cat(found, { dim: 2 })
  }
  const mixed = looks.map(({ queries, keys, sees }) => {
    const [asked, known, held] = [part(q, queries), parts(k, keys), parts(v, keys)]
    if (cap !== null) return scope(() => cappedAttention(asked, known, held, sees, { scale, cap }))
    return ops.scaled_dot_product_attention(asked, known, held, {
      ...(typeof sees === 'string' ? { is_causal: sees === 'causal' } : { attn_mask: sees }),
      scale,
      enable_gqa: query.shape[1] !== key.shape[1],
    })
  })
  return ops.contiguous(ops.transpose(ops.squeeze(ops.cat(mixed, { dim: 2 }), 0), 0, 1))
}

/**
 * The same by single operators, since no fused one caps scores: query [1, heads, queries, size], key and value
 * [1, key-value heads, keys, size] -> as query. Softmax in float32, as transformers' `eager` computes it.
 */
function cappedAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  sees: 'causal' | 'all' | Tensor,
  { scale, cap }: { readonly scale: number | null; readonly cap: number },
): Tensor {
  if (sees === 'causal') throw new Error('looks for capped attention hold masks')
  const [, heads = 1, asked = 1, size = 1] = query.shape
  const [, keyHeads = 1, seen = 1] = key.shape
  // Heads that share a key lie one after the other, so that keys and values are not repeated for them.
  const together = ops.reshape(query, [keyHeads, -1, size])
  const products = ops.matmul(together, ops.transpose(ops.squeeze(key, 0), 1, 2))
  const scores = ops.mul_scalar(products, scale ?? 1 / Math.sqrt(size))
  const capped = ops.view(ops.mul_scalar(ops.tanh(ops.div_scalar(scores, cap)), cap), [heads, asked, seen])
  const visible = sees === 'all' ? capped : ops.add(capped, sees)
  const weights = ops.to(ops.softmax(visible, -1, { dtype: 'float32' }), query.dtype)
  const mixed = ops.matmul(ops.view(weights, [keyHeads, -1, seen]), ops.squeeze(value, 0))
  return ops.reshape(mixed, [1, heads, asked, size])
}
