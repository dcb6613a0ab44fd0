import { ops, type Tensor, tensorFrom } from '@rewardkit/torch'
import type { ComputeDtype } from '../compute.ts'
import type { PackedBatch, PackedGroup } from '../tokens/index.ts'

/** For each group of a packed batch: how many tokens look, at how many, and what each sees, [queries, keys]. */
export interface AttentionMasks {
  readonly queries: readonly number[]
  readonly keys: readonly number[]
  readonly masks: readonly Tensor[]
}

/**
 * Masks to add to attention scores, 0 where a token sees another and minus infinity where not: a prefix sees itself
 * causally; a branch sees the prefix and itself causally, never another branch; none looks back further than `window`.
 */
export function attentionMasks(packed: PackedBatch, window: number | null, dtype: ComputeDtype): AttentionMasks {
  const lengths = packed.groups.map(groupLength)
  const masks = packed.groups.map((group, i) => {
    const length = lengths[i] ?? 0
    return ops.to(tensorFrom(groupMask(group, length, window ?? Infinity), [length, length]), dtype)
  })
  return { queries: lengths, keys: lengths, masks }
}

/** The masks with the rows of some tokens alone: for each group their places within it. */
export function masksOfRows({ keys, masks }: AttentionMasks, rows: readonly (readonly number[])[]): AttentionMasks {
  return {
    queries: rows.map((places) => places.length),
    keys,
    masks: masks.map((mask, i) =>
      ops.index_select(mask, 0, tensorFrom(BigInt64Array.from((rows[i] ?? []).map(BigInt)))),
    ),
  }
}

const groupLength = (group: PackedGroup): number =>
  group.branchLengths.reduce((sum, length) => sum + length, group.prefixLength)

function groupMask({ prefixLength, branchLengths }: PackedGroup, length: number, window: number): Float32Array {
  const mask = new Float32Array(length * length).fill(-Infinity)
  const see = (row: number, from: number, to: number) => mask.fill(0, row * length + from, row * length + to)
  for (let i = 0; i < prefixLength; i++) see(i, Math.max(0, i + 1 - window), i + 1)
  let start = prefixLength
  for (const branchLength of branchLengths) {
    for (let i = 0; i < branchLength; i++) {
      const row = start + i
      see(row, Math.max(0, prefixLength + i + 1 - window), prefixLength)
      see(row, Math.max(start, row + 1 - window), row + 1)
    }
    start += branchLength
  }
  return mask
}

/**
 * Scaled dot-product attention within each group: query [queries, heads, size], key and value [T, key-value heads, size]
 * -> [queries, heads, size].
 */
export function attention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  { queries, keys, masks }: AttentionMasks,
  groupedQueries: boolean,
): Tensor {
  const split = (states: Tensor, lengths: readonly number[]) =>
    ops.split_with_sizes(ops.unsqueeze(ops.transpose(states, 0, 1), 0), lengths, { dim: 2 })
  const parts = { query: split(query, queries), key: split(key, keys), value: split(value, keys) }
  const mixed = masks.map((mask, i) => {
    const [q, k, v] = [parts.query[i], parts.key[i], parts.value[i]]
    if (!q || !k || !v) throw new Error('fewer groups than masks')
    return ops.scaled_dot_product_attention(q, k, v, { attn_mask: mask, enable_gqa: groupedQueries })
  })
  return ops.contiguous(ops.transpose(ops.squeeze(ops.cat(mixed, { dim: 2 }), 0), 0, 1))
}
