import { native } from './native.ts'

/** Seeds libtorch's default generators; equal seeds give equal random tensors. */
export const manualSeed = (seed: number): void => native.manualSeed(seed)

/**
 * Threads for one operator, of the calling thread. Let one thread of the process compute and set it there: OpenMP keeps
 * a pool for each thread that calls.
 */
export const setThreads = (count: number): void => native.setThreads(count)

export const threads = (): number => native.threads()

/** The vector instructions that libtorch's kernels use here, such as `AVX2` or `AVX512`. */
export const cpuCapability = (): string => native.cpuCapability()

/**
 * What is alive: tensors with a handle, bytes handed out by the CPU allocator now and at most, and bytes that it keeps
 * for reuse.
 */
export const memoryStatistics = (): { tensors: number; bytes: number; peakBytes: number; cachedBytes: number } =>
  native.memoryStatistics()

/** Makes the present use the new peak. */
export const resetPeakMemory = (): void => native.resetPeakMemory()

/** Gives the memory that is kept for reuse back to the system. */
export const releaseCachedMemory = (): void => native.releaseCachedMemory()
