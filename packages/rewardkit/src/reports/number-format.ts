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

/** A single number as short as it goes, as on an axis. */
export function tick(value: number): string {
  return tickLabel(value, [value])
}

const mostDecimals = 7

/** Label of a tick among `all` ticks of its axis, which have the same form: equal decimals, or the same power of ten. */
export function tickLabel(value: number, all: readonly number[]): string {
  if (value === 0) return '0'
  const largest = Math.max(...all.map(Math.abs))
  const isPlain = largest >= 1e-3 && largest < 1e6
  const power = isPlain ? 0 : Math.floor(Math.log10(largest) + 1e-9)
  const scaled = all.map((each) => each / 10 ** power)
  const decimals = Array.from({ length: mostDecimals }, (_, count) => count).find((count) =>
    scaled.every((each) => Math.abs(each - Number(each.toFixed(count))) <= 1e-9 * Math.max(1, Math.abs(each))),
  )
  const digits = { minimumFractionDigits: decimals ?? 3, maximumFractionDigits: decimals ?? 3 }
  const text = (value / 10 ** power).toLocaleString('en-US', { ...digits, useGrouping: largest >= 1e4 })
  return `${text}${isPlain ? '' : `e${power}`}`.replaceAll('-', '−')
}

/** The text, or its beginning and an ellipsis where it is longer than `length`. */
export function shortened(text: string, length: number): string {
  const characters = Array.from(text)
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`
}
