import { createRequire } from 'node:module'

/** What is used of the cephes library: the functions under scipy.special, compiled to WebAssembly. */
interface Cephes {
  /** The standard normal distribution function, and its inverse. */
  ndtr(x: number): number
  ndtri(p: number): number
  /** The regularised incomplete beta function. */
  incbet(a: number, b: number, x: number): number
  /** The binomial distribution function. */
  bdtr(successes: number, trials: number, p: number): number
}

// `require` compiles it at once. Its ES module would need a top-level await here, and so in all that imports this.
const require = createRequire(import.meta.url)
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its own types are not exported to this kind of module
const cephes = require('cephes') as Cephes

/** The standard normal distribution function. */
export const normalCdf = (x: number): number => cephes.ndtr(Math.min(Math.max(x, -40), 40))

/** The `p` quantile of the standard normal distribution; infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0 || p >= 1) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN
  return cephes.ndtri(p)
}

/** The distribution function of Student's t; `degrees` is above 0 and need not be whole. */
export function studentCdf(t: number, degrees: number): number {
  if (Number.isNaN(t) || !(degrees > 0)) return NaN
  if (!Number.isFinite(t)) return t < 0 ? 0 : 1
  const square = t ** 2
  // The two forms of one incomplete beta function: each loses digits where its last argument is close to 1.
  const tail =
    square < 1
      ? 0.5 - 0.5 * cephes.incbet(0.5, degrees / 2, square / (degrees + square))
      : 0.5 * cephes.incbet(degrees / 2, 0.5, degrees / (degrees + square))
  return t < 0 ? tail : 1 - tail
}

/**
 * The `p` quantile of Student's t, by bisection of its distribution function: cephes' own inverse is off by up to 45
 * times far out. NaN without degrees of freedom, as for one cluster.
 */
export function studentQuantile(p: number, degrees: number): number {
  if (!(degrees > 0) || !(p >= 0 && p <= 1)) return NaN
  if (p > 0.5) return -studentQuantile(1 - p, degrees)
  if (p === 0.5) return 0
  if (p === 0) return -Infinity
  let high = 0
  let low = -1
  while (studentCdf(low, degrees) > p) low *= 2
  while (low < (low + high) / 2 && (low + high) / 2 < high) {
    const middle = (low + high) / 2
    if (studentCdf(middle, degrees) > p) high = middle
    else low = middle
  }
  return low
}

/** The chance of at most `successes` in `trials` that each succeed with probability `p`. */
export function binomialCdf(successes: number, trials: number, p: number): number {
  if (successes < 0) return 0
  if (successes >= trials) return 1
  return cephes.bdtr(Math.floor(successes), trials, p)
}
