import { InputError } from '../errors.ts'
import { phrase, settings } from '../phrase.ts'
import { defaultMaxLength } from '../tokens/index.ts'
import type { DecoderConfig } from './config.ts'

/** The positions that a model has learned, beyond which it has nothing to add; null for rotary models. */
export const learnedPositions = ({ rotary, maxPositions }: DecoderConfig): number | null =>
  rotary ? null : maxPositions

/**
 * The longest sequence in tokens that a model reads: as given, else 2048, or all its positions where it has learned
 * fewer.
 * @throws InputError for more than it has learned
 */
export function maxLengthOf(config: DecoderConfig, given: number | undefined): number {
  const positions = learnedPositions(config) ?? Infinity
  if (given !== undefined && given > positions)
    throw new InputError(phrase`${settings({ maxLength: given })}: the model has learned ${positions} positions`, {
      remedy: phrase`give ${settings({ maxLength: positions })} or less`,
    })
  return given ?? Math.min(defaultMaxLength, positions)
}

/** A line to print where a model reads less than the default, and nobody asked for it; null elsewhere. */
export function maxLengthText(config: DecoderConfig, given: number | undefined): string | null {
  const maxLength = maxLengthOf(config, given)
  if (given !== undefined || maxLength === defaultMaxLength) return null
  return `the model has learned ${maxLength} positions: it reads at most ${maxLength} tokens`
}
