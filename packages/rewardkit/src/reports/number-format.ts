import type { Interval } from '../statistics/types.ts'

const missing = '–'

/** A number with a true minus sign and N decimals; numbers too small for them keep three digits. */
export function number(value: number | null | undefined, decimals = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return missing
  const small = value !== 0 && Math.abs(value) < 0.5 * 10 ** -decimals
  const text = small ? value.toExponential(2) : value.toFixed(decimals)
  return text.replace(/^-/, '−').replace('e-', 'e−')
}

/** A share as a percentage with one decimal; shares too small for it have as many as show a digit. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return missing
  const size = Math.abs(100 * share)
  const decimals = size > 0 && size < 0.05 ? Math.ceil(-Math.log10(size)) : 1
  return `${number(100 * share, decimals)}\u00A0%`
}

/** A share and its interval. */
export function percentInterval({ value, low, high }: Interval): string {
  return `${percent(value)} (${number(100 * low, 1)} to ${number(100 * high, 1)})`
}

/** A whole number in groups of three. */
export function whole(value: number): string {
  return Number.isFinite(value) ? value.toLocaleString('en-US', { maximumFractionDigits: 0 }) : missing
}

/** Seconds as a duration people read. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return missing
  if (seconds < 60) return `${number(seconds, 1)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Label of an axis tick: short, no trailing zeros. */
export function tick(value: number): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e5)
    return value.toExponential(1).replace('.0e', 'e').replace(/e\+?/, 'e').replaceAll('-', '−')
  return String(Number(value.toPrecision(6))).replace('-', '−')
}

/** The text, or its beginning and an ellipsis where it is longer than `length`. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
