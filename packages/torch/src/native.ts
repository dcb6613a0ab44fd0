import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { locateNative } from './setup/index.ts'

declare const tensorHandle: unique symbol
declare const operatorHandle: unique symbol

/** Opaque handles of the addon. */
export type NativeTensor = { readonly [tensorHandle]: true }
export type NativeOperator = { readonly [operatorHandle]: true }

/** What crosses the bridge as an operator's argument: handles, plain values, lists of them. */
export type NativeValue = NativeTensor | number | bigint | boolean | string | null | undefined | readonly NativeValue[]

/** The functions of the addon, as native/*.cc define them. dtypes are numbers of c10::ScalarType. */
export interface Native {
  fromBytes(bytes: NodeJS.TypedArray, dtype: number, shape: readonly number[]): NativeTensor
  readTensor(file: number, position: number, dtype: number, shape: readonly number[]): NativeTensor
  viewBytes(tensor: NativeTensor): ArrayBuffer
  shapeOf(tensor: NativeTensor): number[]
  dtypeOf(tensor: NativeTensor): number
  deviceOf(tensor: NativeTensor): string
  isContiguous(tensor: NativeTensor): boolean
  dispose(tensor: NativeTensor): void
  account(tensor: NativeTensor): void
  findOperator(name: string, overload: string): NativeOperator
  call(operator: NativeOperator, values: readonly NativeValue[]): unknown
  schemaOf(name: string, overload: string): string
  backward(tensors: readonly NativeTensor[], seeds: readonly NativeTensor[], retainGraph: boolean): void
  gradientOf(tensor: NativeTensor): NativeTensor | null
  setGradient(tensor: NativeTensor, gradient: NativeTensor | null): void
  requiresGradient(tensor: NativeTensor): boolean
  setRequiresGradient(tensor: NativeTensor, value: boolean): void
  setGradientMode(enabled: boolean): boolean
  manualSeed(seed: number): void
  setThreads(count: number): void
  threads(): number
  cpuCapability(): string
  memoryStatistics(): { tensors: number; bytes: number; peakBytes: number; cachedBytes: number }
  resetPeakMemory(): void
  releaseCachedMemory(): void
}

/**
 * libtorch's libraries are loaded into the process first, with their symbols visible to all, so that one addon works
 * with any folder of that libtorch. Node complains that they are not addons, and keeps them loaded.
 */
function load(): Native {
  const { libraries, addonFile } = locateNative()
  for (const library of libraries) {
    try {
      process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (!message.includes('did not self-register'))
        throw new Error(`libtorch does not load: ${message}`, { cause: error })
    }
  }
  return createRequire(import.meta.url)(addonFile) as Native
}

export const native: Native = load()
