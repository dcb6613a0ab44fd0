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
      const reason = error instanceof Error ? error.message : describe(error)
      const shown = `${name}${overload && `.${overload}`}(${values.map(describe).join(', ')})`
      throw new TorchError(`${shown}: ${reason.trim()}`, { cause: error })
    }
  }
}

/** A dtype as the schemas take it. */
export const dtypeArgument = (dtype: DType | undefined): number | undefined =>
  dtype === undefined ? undefined : dtypeNumber(dtype)

/** Far more than any model has parameters: a longer list is a mistake, and a sparse one would take hours. */
const longestList = 1_000_000

function unwrap(value: Value): NativeValue {
  if (value instanceof Tensor) return value.native
  if (!isList(value)) return value
  if (value.length > longestList) throw new TypeError(`a list has ${value.length} elements`)
  return Array.from(value, unwrapElement)
}

// Schemas have no lists of lists: deeper nesting is refused.
const unwrapElement = (value: Value): NativeValue => (value instanceof Tensor ? value.native : (value as NativeValue))

const isList = (value: unknown): value is readonly Value[] => Array.isArray(value)

function wrap(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(wrap)
  if (typeof result === 'object' && result !== null) return new Tensor(result as NativeTensor)
  return result
}

/** For error messages: whatever was given is described without failing and without calling anything of it. */
function describe(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return 'a function'
  if (typeof value !== 'object' || value === null) return String(value)
  try {
    if (value instanceof Tensor) return `${value.dtype} [${value.shape.join(', ')}]`
    if (isList(value)) return `[${value.slice(0, 4).map(describeElement).join(', ')}${value.length > 4 ? ', ...' : ''}]`
    return 'an object'
  } catch {
    return value instanceof Tensor ? 'disposed tensor' : 'an object'
  }
}

const describeElement = (value: unknown): string => (Array.isArray(value) ? '[...]' : describe(value))
