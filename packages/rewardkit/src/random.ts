import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'
import { at } from './at.ts'

/** A seeded source of random numbers: equal seeds give equal draws on every machine. */
export interface Random {
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number
  /** Uniform integer in [0, bound). */
  integer(bound: number): number
  /** 32 random bits as an integer of at least 0: the fast source, for resampling. */
  bits(): number
  /** Standard normal. */
  normal(): number
}

/**
 * A generator for one purpose. `purpose` separates streams that share a user's seed, so that drawing more in one place
 * (say, more simulated pairs) does not change another (the order of training).
 */
export function createRandom(seed: number, purpose: string): Random {
  const generator = xoroshiro128plus(hash(`${seed}:${purpose}`))
  const uniform = () =>
    (uniformInt(generator, 0, 2 ** 26 - 1) * 2 ** 27 + uniformInt(generator, 0, 2 ** 27 - 1)) / 2 ** 53
  return {
    uniform,
    bits: () => generator.next() >>> 0,
    integer: (bound) => uniformInt(generator, 0, bound - 1),
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  }
}

/** The numbers 0 to `count` - 1 in random order (Fisher-Yates). */
export function shuffledIndexes(count: number, random: Random): Uint32Array {
  const left = Uint32Array.from({ length: count }, (_, index) => index)
  return left.map((_, position) => {
    const last = count - 1 - position
    const drawn = random.integer(last + 1)
    const index = at(left, drawn)
    left[drawn] = at(left, last)
    return index
  })
}

/** FNV-1a of the text, a 32-bit integer. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value | 0
}
