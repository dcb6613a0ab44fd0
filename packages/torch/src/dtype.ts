/** Element types by name, with their numbers in c10::ScalarType and their sizes in bytes. */
const table = {
  uint8: [0, 1],
  int8: [1, 1],
  int16: [2, 2],
  int32: [3, 4],
  int64: [4, 8],
  float16: [5, 2],
  float32: [6, 4],
  float64: [7, 8],
  bool: [11, 1],
  bfloat16: [15, 2],
} as const satisfies Record<string, readonly [number, number]>

export type DType = keyof typeof table

const dtypes = Object.keys(table) as readonly DType[]

const byNumber = new Map<number, DType>(dtypes.map((name) => [table[name][0], name]))

/** The number that libtorch's schemas take for a dtype. */
export function dtypeNumber(dtype: DType): number {
  if (!Object.hasOwn(table, dtype)) throw new TypeError(`no such dtype; known are ${dtypes.join(', ')}`)
  return table[dtype][0]
}

/** Bytes of one element. */
export const dtypeSize = (dtype: DType): number => table[dtype][1]

export function dtypeFromNumber(number: number): DType {
  const dtype = byNumber.get(number)
  if (!dtype) throw new TypeError(`dtype ${number} of c10::ScalarType is not supported`)
  return dtype
}
