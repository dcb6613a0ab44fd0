import { at } from '../at.ts'

/** Rows of numbers that are mostly zero, one after the other. Row i lies from `starts[i]` to `starts[i + 1]`. */
export interface SparseRows {
  readonly starts: Int32Array
  readonly columns: Int32Array
  readonly values: Float32Array
  /** Number of columns. */
  readonly width: number
}

/** The rows of these indexes, in their order. */
export function rowsAt(rows: SparseRows, indexes: readonly number[]): SparseRows {
  const starts = new Int32Array(indexes.length + 1)
  for (const [i, row] of indexes.entries())
    starts[i + 1] = at(starts, i) + at(rows.starts, row + 1) - at(rows.starts, row)
  const columns = new Int32Array(at(starts, indexes.length))
  const values = new Float32Array(columns.length)
  for (const [i, row] of indexes.entries()) {
    const [from, to] = [at(rows.starts, row), at(rows.starts, row + 1)]
    columns.set(rows.columns.subarray(from, to), at(starts, i))
    values.set(rows.values.subarray(from, to), at(starts, i))
  }
  return { starts, columns, values, width: rows.width }
}

/** Each row times the weights. */
export function products({ starts, columns, values }: SparseRows, weights: Float64Array): Float64Array {
  const found = new Float64Array(starts.length - 1)
  for (let row = 0; row < found.length; row++) {
    let sum = 0
    const end = starts[row + 1] ?? 0
    for (let i = starts[row] ?? 0; i < end; i++) sum += (values[i] ?? 0) * (weights[columns[i] ?? 0] ?? 0)
    found[row] = sum
  }
  return found
}

/** Mean of log(1 + exp(-z)). */
export function meanLogLoss(margins: Float64Array): number {
  return margins.reduce((sum, z) => sum + softplus(-z), 0) / margins.length
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Steps whose gradients L-BFGS remembers. */
const memory = 8

/**
 * The weights w that minimise the sum of log(1 + exp(-x · w)) over the rows x, plus penalty / 2 · |w|². This is logistic
 * regression without intercept where every label is 1: Bradley-Terry on differences of features. By L-BFGS (Nocedal and
 * Wright, Numerical Optimization, algorithm 7.5), until the gradient is shorter than `tolerance` times that at w = 0.
 * @param start where to begin, by default at 0
 */
export function fitLogistic(
  rows: SparseRows,
  penalty: number,
  { tolerance, start }: { readonly tolerance: number; readonly start?: Float64Array },
): Float64Array {
  const weights = start ? start.slice() : new Float64Array(rows.width)
  const enough = tolerance * length(gradientAt(rows, penalty, new Float64Array(rows.width)).gradient)
  let { loss, gradient } = gradientAt(rows, penalty, weights)
  const steps: Step[] = []
  for (let round = 0; round < 1000 && length(gradient) > enough; round++) {
    const direction = descent(gradient, steps)
    const slope = dot(direction, gradient)
    // The first direction has no curvature to go by: a step of length 1 at most.
    let size = steps.length === 0 ? Math.min(1, 1 / length(gradient)) : 1
    const before = weights.slice()
    let next
    for (;;) {
      for (let i = 0; i < weights.length; i++) weights[i] = (before[i] ?? 0) + size * (direction[i] ?? 0)
      next = gradientAt(rows, penalty, weights)
      // Beyond the precision of the sum, a smaller step shows nothing.
      if (next.loss <= loss + 1e-4 * size * slope || size < 1e-12) break
      size /= 2
    }
    if (next.loss > loss) return before
    const moved = direction.map((value) => value * size)
    const change = next.gradient.map((value, i) => value - (gradient[i] ?? 0))
    const curvature = dot(moved, change)
    if (curvature > 0) steps.push({ moved, change, curvature })
    if (steps.length > memory) steps.shift()
    ;({ loss, gradient } = next)
  }
  return weights
}

interface Step {
  readonly moved: Float64Array
  readonly change: Float64Array
  readonly curvature: number
}

function gradientAt(rows: SparseRows, penalty: number, weights: Float64Array) {
  const { starts, columns, values } = rows
  const gradient = weights.map((weight) => penalty * weight)
  let loss = (penalty / 2) * dot(weights, weights)
  const margins = products(rows, weights)
  for (let row = 0; row < margins.length; row++) {
    const z = margins[row] ?? 0
    loss += softplus(-z)
    const pull = -1 / (1 + Math.exp(z))
    const end = starts[row + 1] ?? 0
    for (let i = starts[row] ?? 0; i < end; i++) {
      const column = columns[i] ?? 0
      gradient[column] = (gradient[column] ?? 0) + pull * (values[i] ?? 0)
    }
  }
  return { loss, gradient }
}

/** Minus the inverse of the approximate Hessian times the gradient, by two loops over the remembered steps. */
function descent(gradient: Float64Array, steps: readonly Step[]): Float64Array {
  const direction = gradient.map((value) => -value)
  const shares = new Float64Array(steps.length)
  for (let k = steps.length - 1; k >= 0; k--) {
    const { moved, change, curvature } = at(steps, k)
    shares[k] = dot(moved, direction) / curvature
    add(direction, -at(shares, k), change)
  }
  const last = steps.at(-1)
  if (last) {
    const scale = last.curvature / dot(last.change, last.change)
    for (let i = 0; i < direction.length; i++) direction[i] = (direction[i] ?? 0) * scale
  }
  for (const [k, { moved, change, curvature }] of steps.entries())
    add(direction, at(shares, k) - dot(change, direction) / curvature, moved)
  return direction
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

function add(target: Float64Array, factor: number, other: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = (target[i] ?? 0) + factor * (other[i] ?? 0)
}

const length = (vector: Float64Array): number => Math.sqrt(dot(vector, vector))
