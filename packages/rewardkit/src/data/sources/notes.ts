import { notice, type Notice } from '../../events.ts'
import type { Phrase } from '../../phrase.ts'

/** What was noticed while rows were read, counted. Each note is reported once, when the reading ends. */
export interface Notes {
  /** Counts one more case for `message`. Equal names are the same case. */
  add(name: string, kind: Notice['kind'], message: (count: number) => string | Phrase): void
  list(): Notice[]
}

export function createNotes(): Notes {
  const notes = new Map<string, { kind: Notice['kind']; message: (count: number) => string | Phrase; count: number }>()
  return {
    add(name, kind, message) {
      const note = notes.get(name)
      if (note) note.count += 1
      else notes.set(name, { kind, message, count: 1 })
    },
    list: () => [...notes.values()].map(({ kind, message, count }) => notice(kind, message(count))),
  }
}
