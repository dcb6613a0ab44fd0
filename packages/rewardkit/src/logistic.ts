/** 1 / (1 + exp(-z)), accurate in both tails. */
export function sigmoid(z: number): number {
  const e = Math.exp(-Math.abs(z))
  return (z >= 0 ? 1 : e) / (1 + e)
}

/** log(sigmoid(z)): finite for every finite z. */
export function logSigmoid(z: number): number {
  return Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)))
}
