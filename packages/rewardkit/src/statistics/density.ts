/** A density on a grid of `x`. */
export interface Density {
  readonly x: readonly number[]
  readonly density: readonly number[]
  /** Standard deviation of the Gaussian kernel, in units of x. */
  readonly bandwidth: number
}

/** Where to evaluate a density. */
export interface Grid {
  readonly low: number
  readonly high: number
  readonly points: number
}

/**
 * Gaussian kernel density estimate of `values` on an even grid, as scipy.stats.gaussian_kde computes it by default. The
 * bandwidth is Scott's (1992): n^(-1/5) times the sample standard deviation, with n - 1 in the denominator.
 *
 * @returns null if there are fewer than two values, or all of them are equal
 */
export function kernelDensity(values: readonly number[], grid: Grid): Density | null {
  const bandwidth = scottBandwidth(values)
  if (!(bandwidth > 0)) return null
  const scale = 1 / (values.length * bandwidth * Math.sqrt(2 * Math.PI))
  const x = evenGrid(grid)
  const density = x.map((point) => {
    let sum = 0
    for (const value of values) sum += Math.exp(-0.5 * ((point - value) / bandwidth) ** 2)
    return sum * scale
  })
  return { x, density, bandwidth }
}

/** Scott's rule for one dimension; 0 where fewer than two values or all equal, NaN where one is not finite. */
export function scottBandwidth(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1)) * values.length ** -0.2
}

function evenGrid({ low, high, points }: Grid): number[] {
  return Array.from({ length: points }, (_, index) => low + ((high - low) * index) / (points - 1))
}
