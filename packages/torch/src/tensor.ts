import { constants } from 'node:buffer'
import { type DType, dtypeFromNumber, dtypeNumber, dtypeSize } from './dtype.ts'
import { native, type NativeTensor } from './native.ts'
import { track } from './scope.ts'

/** Typed arrays whose elements a tensor can take over unchanged; int64 needs bigints. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Int16Array

const dtypeOfArray: Record<string, DType> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int32Array: 'int32',
  BigInt64Array: 'int64',
  Uint8Array: 'uint8',
  Int8Array: 'int8',
  Int16Array: 'int16',
}

/**
 * A libtorch tensor. It lives until `dispose()`, the end of the scope in which it was made, or, as a safety net, until
 * it is garbage collected. Every use after `dispose` throws.
 */
export class Tensor {
  readonly native: NativeTensor

  constructor(handle: NativeTensor) {
    // Throws for anything else, which would fail only when a scope disposes of it.
    native.dtypeOf(handle)
    this.native = handle
    track(this)
  }

  get shape(): readonly number[] {
    return native.shapeOf(this.native)
  }

  get dtype(): DType {
    return dtypeFromNumber(native.dtypeOf(this.native))
  }

  get device(): string {
    return native.deviceOf(this.native)
  }

  get elements(): number {
    return this.shape.reduce((product, size) => product * size, 1)
  }

  get requiresGradient(): boolean {
    return native.requiresGradient(this.native)
  }

  /**
   * Marks a leaf so that `backward` accumulates into its `gradient`. Returns the tensor. Throws if it is not a leaf.
   */
  setRequiresGradient(value: boolean): this {
    native.setRequiresGradient(this.native, value)
    return this
  }

  /** The accumulated gradient, or null before the first `backward`. */
  get gradient(): Tensor | null {
    const gradient = native.gradientOf(this.native)
    return gradient && new Tensor(gradient)
  }

  /** Throws unless the gradient has this tensor's shape, dtype and device. */
  set gradient(value: Tensor | null) {
    native.setGradient(this.native, value ? value.native : null)
  }

  /**
   * The tensor's own memory as bytes: no copy, and the view keeps the memory alive, also after `dispose`. Writes change
   * the tensor. Throws unless the tensor is contiguous, on the CPU and no larger than Node's buffers (4 GiB in Node 20).
   */
  bytes(): Uint8Array {
    return new Uint8Array(this.view())
  }

  /** The elements of a contiguous float32 tensor, without a copy (see `bytes`). */
  float32(): Float32Array {
    return new Float32Array(this.viewAs('float32'))
  }

  /** The elements of a contiguous float64 tensor, without a copy (see `bytes`). */
  float64(): Float64Array {
    return new Float64Array(this.viewAs('float64'))
  }

  /** The elements of a contiguous int64 tensor, without a copy (see `bytes`). */
  int64(): BigInt64Array {
    return new BigInt64Array(this.viewAs('int64'))
  }

  /** The only element of a one-element float tensor. */
  item(): number {
    const [value] = this.elements === 1 ? (this.dtype === 'float64' ? this.float64() : this.float32()) : []
    if (value === undefined) throw new TypeError(`item() needs one element, the shape is [${this.shape.join(', ')}]`)
    return value
  }

  dispose(): void {
    native.dispose(this.native)
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  private viewAs(dtype: DType): ArrayBuffer {
    if (this.dtype !== dtype) throw new TypeError(`expected a ${dtype} tensor, this one is ${this.dtype}`)
    return this.view()
  }

  private view(): ArrayBuffer {
    const bytes = this.elements * dtypeSize(this.dtype)
    if (bytes > constants.MAX_LENGTH)
      throw new RangeError(`a view of ${bytes} bytes is more than this Node can make: narrow the tensor first`)
    return native.viewBytes(this.native)
  }
}

/**
 * A tensor with a copy of `data`.
 * @param shape defaults to one dimension of all elements; its product must be the number of elements.
 */
export function tensorFrom(data: TensorData, shape: readonly number[] = [data.length]): Tensor {
  const dtype = dtypeOfArray[data.constructor.name]
  if (!dtype) throw new TypeError(`a tensor cannot be made from a ${data.constructor.name}`)
  return new Tensor(native.fromBytes(data, dtypeNumber(dtype), shape))
}

/**
 * A tensor with a copy of raw bytes, in the order of this machine: what `bytes()` of a contiguous tensor gave.
 * @throws where the shape asks for another number of bytes
 */
export function tensorFromBytes(bytes: Uint8Array, dtype: DType, shape: readonly number[]): Tensor {
  return new Tensor(native.fromBytes(bytes, dtypeNumber(dtype), shape))
}
