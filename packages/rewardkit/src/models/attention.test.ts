import {
  backward,
  manualSeed,
  memoryStatistics,
  noGradient,
  ops,
  resetPeakMemory,
  scope,
  type Tensor,
} from '@rewardkit/torch'
import { describe, expect, it } from 'vitest'
import { allLooks, attention, type Look, pooledLooks, pooledRows } from './attention.ts'
import { pack, relativeDifference } from './fixtures/read.ts'

const [heads, keyHeads, size] = [4, 2, 8]

// Shared prefixes, branches of one token, a group that shares nothing, and a sequence longer than any window here.
const packed = pack([
  [
    [1, 2, 3, 4, 5, 6, 7],
    [1, 2, 3, 9],
    [1, 2, 3, 8, 8, 8, 8, 8, 8],
  ],
  [[4, 5], [6]],
  [Array.from({ length: 40 }, (_, i) => i)],
])
const tokens = packed.ids.length

const random = (...shape: number[]): Tensor => ops.normal_(ops.empty(shape, { dtype: 'float32' }), { std: 2 })

/** What attention gives, and its gradients with respect to query, key and value, one after the other. */
function computed(looks: Look[], queries: number, cap: number | null): Float32Array {
  return scope(() => {
    manualSeed(5)
    const inputs = [random(queries, heads, size), random(tokens, keyHeads, size), random(tokens, keyHeads, size)]
    for (const input of inputs) input.setRequiresGradient(true)
    const [query = ops.empty([]), key = query, value = query] = inputs
    const output = attention(query, key, value, looks, { scale: 0.7, cap })
    backward([output], [random(queries, heads, size)])
    const gradients = inputs.flatMap((input) => [...(input.gradient?.float32() ?? [])])
    return Float32Array.from([...ops.detach(output).float32(), ...gradients])
  })
}

describe.each<[number | null]>([[null], [5]])('window %s', (window) => {
  const sight = (scoresAtOnce: number | null) => ({ window, scoresAtOnce, dtype: 'float32' as const })

  it.each([1, 41, 80, 1000])('capped attention with %i scores at a time is that with all at once', (scoresAtOnce) => {
    const whole = computed(allLooks(packed, sight(2 ** 22)), tokens, 3)
    const looks = allLooks(packed, sight(scoresAtOnce))
    expect(relativeDifference(computed(looks, tokens, 3), [...whole])).toBeLessThan(1e-5)
  })

  it('a cap that nothing comes near gives what the fused operator gives; a low one does not', () => {
    const fused = [...computed(allLooks(packed, sight(null)), tokens, null)]
    const capped = (cap: number) => computed(allLooks(packed, sight(100)), tokens, cap)
    expect(relativeDifference(capped(1e4), fused)).toBeLessThan(1e-4)
    expect(relativeDifference(capped(3), fused)).toBeGreaterThan(0.1)
    const queries = pooledRows(packed).length
    const pooled = [...computed(pooledLooks(packed, sight(null)), queries, null)]
    expect(relativeDifference(computed(pooledLooks(packed, sight(100)), queries, 1e4), pooled)).toBeLessThan(1e-4)
  })
})

it('the memory of capped attention does not grow with the square of the length', () => {
  const peak = (length: number): number => {
    const long = pack([[Array.from({ length }, (_, i) => i)]])
    const looks = allLooks(long, { window: null, scoresAtOnce: 2 ** 14, dtype: 'float32' })
    return scope(() =>
      noGradient(() => {
        const [query, key] = [random(length, heads, size), random(length, keyHeads, size)]
        const before = memoryStatistics().bytes
        resetPeakMemory()
        attention(query, key, key, looks, { scale: null, cap: 50 })
        return memoryStatistics().peakBytes - before
      }),
    )
  }
  // All scores of 2,048 tokens would take 64 MB, four times in the course of it.
  expect(peak(2048)).toBeLessThan(3e6)
  expect(peak(2048) / peak(512)).toBeLessThan(5)
})
