import { type DType, dtypeNumber } from './dtype.ts'
import { native, type NativeOperator, type NativeTensor, type NativeValue } from './native.ts'
import { Tensor } from './tensor.ts'

/** A number becomes a double, a bigint an integer: `add(tensor, 2)` and `add(tensor, 2.5)` give the same dtype. */
export type Scalar = number | bigint | boolean

/** What a typed wrapper hands over. */
export type Value = Tensor | Scalar | string | null | undefined | readonly Value[]

/** An error of libtorch: the operator, what it was given, and libtorch's own words. */
export class TorchError extends Error {
  override name = 'TorchError'
}

/** Looked up at the first call, so that an operator that a libtorch lacks harms only those who call it. */
export function operator(name: string, overload: string): (values: readonly Value[]) => unknown {
  let found: NativeOperator | undefined
  return (values) => {
    try {
      found ??= native.findOperator(name, overload)
      return wrap(native.call(found, values.map(unwrap)))
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      const shown = `${name}${overload && `.${overload}`}(${values.map(describe).join(', ')})`
      throw new TorchError(`${shown}: ${reason.trim()}`, { cause: error })
    }
  }
}

/** A dtype as the schemas take it. */
export const dtypeArgument = (dtype: DType | undefined): number | undefined => dtype && dtypeNumber(dtype)

function unwrap(value: Value): NativeValue {
  if (value instanceof Tensor) return value.native
  if (Array.isArray(value)) return value.map(unwrap)
  return value as NativeValue
}

function wrap(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(wrap)
  if (typeof result === 'object' && result !== null) return new Tensor(result as NativeTensor)
  return result
}

function describe(value: Value): string {
  if (value instanceof Tensor) {
    try {
      return `${value.dtype} [${value.shape.join(', ')}]`
    } catch {
      return 'disposed tensor'
    }
  }
  if (Array.isArray(value)) return `[${value.slice(0, 4).map(describe).join(', ')}${value.length > 4 ? ', ...' : ''}]`
  return typeof value === 'bigint' ? `${value}n` : String(value)
}
