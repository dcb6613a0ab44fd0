import { hash } from 'node:crypto'
import { uint32At } from '../at.ts'

/** Numbers texts from 0, in the order in which they first come. */
export interface Numbering {
  /** How many different texts came. */
  readonly size: number
  /** The number of a text; the next one where it is new. */
  numberOf(text: string): number
  /** Whether the text came before. */
  has(text: string): boolean
}

/** A slot of the table: two halves of the key, and the number plus 1; 0 where the slot is free. */
const slotLength = 3

/**
 * A numbering in 24 to 48 bytes a text, however long it is: a hash table with open addressing over 64 bits of the texts'
 * SHA-256. Two of a million texts fall together with a probability of 3e-8.
 */
export function createNumbering(): Numbering {
  let table = new Uint32Array(slotLength << 10)
  let size = 0

  /** Where the key is in `slots`, or the free slot where it would be. */
  const find = (slots: Uint32Array, high: number, low: number): number => {
    const capacity = slots.length / slotLength
    let slot = low % capacity
    while (slots[slotLength * slot + 2] !== 0) {
      if (slots[slotLength * slot] === high && slots[slotLength * slot + 1] === low) break
      slot = (slot + 1) % capacity
    }
    return slotLength * slot
  }
  const grow = () => {
    const larger = new Uint32Array(2 * table.length)
    for (let at = 0; at < table.length; at += slotLength) {
      const [high = 0, low = 0, number = 0] = table.subarray(at, at + slotLength)
      if (number !== 0) larger.set([high, low, number], find(larger, high, low))
    }
    table = larger
  }

  return {
    get size() {
      return size
    },
    has(text) {
      const [high, low] = keyOf(text)
      return table[find(table, high, low) + 2] !== 0
    },
    numberOf(text) {
      const [high, low] = keyOf(text)
      const known = uint32At(table, find(table, high, low) + 2)
      if (known !== 0) return known - 1
      size += 1
      if (2 * slotLength * size > table.length) grow()
      table.set([high, low, size], find(table, high, low))
      return size - 1
    },
  }
}

/** 64 bits of a text's SHA-256. */
function keyOf(text: string): [number, number] {
  const digest = hash('sha256', text, 'buffer')
  return [digest.readUInt32LE(0), digest.readUInt32LE(4)]
}
