import { totalmem } from 'node:os'
import { memoryStatistics } from '@rewardkit/torch'

/**
 * Decides while a step runs whether the graph of one more micro-batch may wait in memory for its backward pass. It
 * assumes that the graph needs as much for each token as the largest so far. All tensors together must then stay under
 * three tenths of the machine's memory, and under four fifths of what is free now. The first micro-batch shows how
 * large graphs are.
 */
export function graphKeeper(): (tokens: number) => boolean {
  let bytesPerToken = 0
  let last: { bytes: number; tokens: number } | null = null
  return (tokens) => {
    const statistics = memoryStatistics()
    const { bytes } = statistics
    if (last) bytesPerToken = Math.max(bytesPerToken, (bytes - last.bytes) / last.tokens)
    const keep = last === null || bytes + 2 * bytesPerToken * tokens < graphMemory(statistics)
    last = { bytes, tokens }
    return keep
  }
}

/** The bytes that all tensors together may take while graphs are kept. */
export function graphMemory({ bytes, cachedBytes }: { readonly bytes: number; readonly cachedBytes: number }): number {
  const most = 0.3 * Math.min(totalmem(), process.constrainedMemory() || Infinity)
  return Math.min(most, 0.8 * (process.availableMemory() + bytes + cachedBytes))
}
