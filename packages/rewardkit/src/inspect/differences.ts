import { diffWordsWithSpace } from 'diff'

/** A piece of a text, and whether the other text has it too. */
export interface Piece {
  readonly text: string
  readonly isShared: boolean
}

/** Edits after which two texts count as wholly different, and words in a row that count as shared. */
const mostEdits = 2000
const leastShared = 3

/** Two texts in pieces, by their longest common words. Fewer than three words in a row are chance and not shared. */
export function differences(left: string, right: string): { left: Piece[]; right: Piece[] } {
  const changes = diffWordsWithSpace(left, right, { maxEditLength: mostEdits })
  if (!changes) return { left: [{ text: left, isShared: false }], right: [{ text: right, isShared: false }] }
  const pieces = changes.map(({ value, added, removed }) => ({
    text: value,
    side: added ? 'right' : removed ? 'left' : 'both',
    isShared: !added && !removed && value.trim().split(/\s+/u).length >= leastShared,
  }))
  const of = (side: string) =>
    pieces
      .filter((piece) => piece.side === 'both' || piece.side === side)
      .map(({ text, isShared }): Piece => ({ text, isShared }))
  return { left: of('left'), right: of('right') }
}
