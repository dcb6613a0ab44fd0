/**
 * Tensors, typed operators, autograd, memory scopes, a fused AdamW step and safetensors. Needs set-up.
 * @module @rewardkit/torch
 */
export { backward } from './autograd.ts'
export { type Scalar, TorchError } from './call.ts'
export { type DType, dtypeSize } from './dtype.ts'
export * as ops from './generated/operators.ts'
export { type AdamWOptions, type AdamWState, adamWStep, clipGradients, createAdamW, gradientNorm } from './optimizer.ts'
export {
  cpuCapability,
  manualSeed,
  memoryStatistics,
  releaseCachedMemory,
  resetPeakMemory,
  setThreads,
  threads,
} from './runtime.ts'
export { openSafetensors, type Safetensors, SafetensorsError, writeSafetensors } from './safetensors.ts'
export { noGradient, scope } from './scope.ts'
export { Tensor, type TensorData, tensorFrom, tensorFromBytes } from './tensor.ts'
