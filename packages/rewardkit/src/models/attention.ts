import { ops, type Tensor, tensorFrom } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute-options.ts'
import type { PackedBatch, PackedGroup } from '../tokens/index.ts'

interface Range {
  readonly start: number
  readonly length: number
}

/** Consecutive queries of one sequence, and what they look at. */
export interface Look {
  /** In the row of queries. */
  readonly queries: Range
  /** In the row of all tokens, laid behind one another: the prefix and a branch, or both at once. */
  readonly keys: readonly Range[]
  /** `causal`: each query sees the keys up to its own place; `all`: every key; a mask is added to the scores. */
  readonly sees: 'causal' | 'all' | Tensor
}

/**
 * How all tokens of a packed batch look: a prefix at itself causally, a branch at the prefix and itself causally, never
 * at another branch, and none further back than `window`. Prefix and first branch are one causal sequence; each other
 * branch looks at the prefix again.
 */
export function allLooks(packed: PackedBatch, window: number | null, dtype: ComputeDtype): Look[] {
  return packed.groups.flatMap((group) =>
    sequencesOf(group).map(({ prefix, branch }, i) => {
      const total = prefix.length + branch.length
      if (i > 0) return look(branch, joined(prefix, branch), prefix.length, total, window, dtype)
      const whole = { start: prefix.start, length: total }
      return look(whole, [whole], 0, total, window, dtype)
    }),
  )
}

/** How the pooled tokens alone look, in the order of `pooledRows`: at all of the sequence that they end. */
export function pooledLooks(packed: PackedBatch, window: number | null, dtype: ComputeDtype): Look[] {
  return packed.groups.flatMap(sequencesOf).map(({ prefix, branch }, at) => {
    const total = prefix.length + branch.length
    return look({ start: at, length: 1 }, joined(prefix, branch), total - 1, total, window, dtype)
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

/** Queries from position `first` on, in a sequence of `total` tokens. */
function look(
  queries: Range,
  keys: readonly Range[],
  first: number,
  total: number,
  window: number | null,
  dtype: ComputeDtype,
): Look {
  const unlimited = window === null || window >= total
  if (unlimited && first === 0) return { queries, keys, sees: 'causal' }
  if (unlimited && first === total - 1) return { queries, keys, sees: 'all' }
  const mask = new Float32Array(queries.length * total).fill(-Infinity)
  for (let i = 0; i < queries.length; i++) {
    const end = first + i + 1
    mask.fill(0, i * total + Math.max(0, end - (window ?? total)), i * total + end)
  }
  return { queries, keys, sees: ops.to(tensorFrom(mask, [queries.length, total]), dtype) }
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
  groupedQueries: boolean,
): Tensor {
  const [q, k, v] = [query, key, value].map((states) => ops.unsqueeze(ops.transpose(states, 0, 1), 0))
  if (!q || !k || !v) throw new Error('three tensors went in')
  const part = (states: Tensor, { start, length }: Range) => ops.narrow(states, 2, start, length)
  const parts = (states: Tensor, ranges: readonly Range[]) => {
    const found = ranges.map((range) => part(states, range))
    return found.length === 1 && found[0] ? found[0] : ops.cat(found, { dim: 2 })
  }
  const mixed = looks.map(({ queries, keys, sees }) =>
    ops.scaled_dot_product_attention(part(q, queries), parts(k, keys), parts(v, keys), {
      ...(typeof sees === 'string' ? { is_causal: sees === 'causal' } : { attn_mask: sees }),
      enable_gqa: groupedQueries,
    }),
  )
  return ops.contiguous(ops.transpose(ops.squeeze(ops.cat(mixed, { dim: 2 }), 0), 0, 1))
}
