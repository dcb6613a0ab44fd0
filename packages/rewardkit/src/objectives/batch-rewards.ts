import { InputError } from '../errors.ts'
import type { BatchRewards } from './objective.ts'

/** Numbers as they may come from outside: one per pair, or (refused) nested arrays. */
export type Numbers = ArrayLike<number> | readonly (readonly number[])[]

/**
 * The rewards of a batch from plain or typed arrays of B numbers each, copied to float64. Nothing is broadcast: [B, 1]
 * against [B] would silently compare every pair with every other.
 * @throws InputError for nested arrays or different lengths, naming the shapes that were found
 */
export function toBatchRewards(values: {
  readonly chosen: Numbers
  readonly rejected: Numbers
  readonly margin?: Numbers
  readonly probability?: Numbers
  readonly weight?: Numbers
}): BatchRewards {
  const { chosen, rejected, margin, probability, weight } = values
  const shapes = Object.entries({ chosen, rejected, margin, probability, weight })
    .flatMap(([name, value]) => (value ? `${name} [${shapeOf(value).join(', ')}]` : []))
    .join(', ')
  const column = (value: Numbers) => {
    const numbers: number[] = []
    for (const one of Array.from<unknown>(value)) if (typeof one === 'number') numbers.push(one)
    if (numbers.length !== value.length || value.length !== chosen.length)
      throw new InputError(`rewards: found ${shapes}, expected the same shape [B] for all`, {
        remedy: 'flatten to one number per pair',
      })
    return Float64Array.from(numbers)
  }
  return {
    chosen: column(chosen),
    rejected: column(rejected),
    ...(margin && { margin: column(margin) }),
    ...(probability && { probability: column(probability) }),
    ...(weight && { weight: column(weight) }),
  }
}

/** @throws InputError unless all arrays of the batch have the same length of at least one */
export function checkBatch({ chosen, rejected, margin, probability, weight }: BatchRewards): void {
  const lengths = [chosen, rejected, margin, probability, weight].flatMap((column) => column?.length ?? [])
  if (chosen.length > 0 && lengths.every((length) => length === chosen.length)) return
  const found = Object.entries({ chosen, rejected, margin, probability, weight })
    .flatMap(([name, column]) => (column ? `${name} [${column.length}]` : []))
    .join(', ')
  throw new InputError(`rewards: found ${found}, expected the same shape [B] for all, B at least 1`)
}

function shapeOf(value: unknown): number[] {
  if (Array.isArray(value)) return [value.length, ...shapeOf(value[0])]
  return ArrayBuffer.isView(value) && 'length' in value ? [Number(value.length)] : []
}
