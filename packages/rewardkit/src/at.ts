/**
 * The element at an index that must exist.
 * @throws RangeError where it does not: an error of the program, not of its input
 */
export function at<Value>(array: ArrayLike<Value>, index: number): Value {
  const value = array[index]
  if (value === undefined) throw new RangeError(`index ${index} in an array of ${array.length}`)
  return value
}

/** The same for inner loops: a function that only ever sees one type of array reads it as fast as the array itself. */
export function uint32At(array: Uint32Array, index: number): number {
  const value = array[index]
  if (value === undefined) throw new RangeError(`index ${index} in an array of ${array.length}`)
  return value
}

/** The same for columns of numbers. */
export function float64At(array: Float64Array, index: number): number {
  const value = array[index]
  if (value === undefined) throw new RangeError(`index ${index} in an array of ${array.length}`)
  return value
}

/** The same for columns of indexes. */
export function int32At(array: Int32Array, index: number): number {
  const value = array[index]
  if (value === undefined) throw new RangeError(`index ${index} in an array of ${array.length}`)
  return value
}
