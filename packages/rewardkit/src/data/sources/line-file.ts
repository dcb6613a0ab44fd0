import { InputError } from '../../errors.ts'
import { createAtomicFile } from '../../files.ts'
import { command, phrase } from '../../phrase.ts'
import { longestLine } from '../lines.ts'

/** Lines on their way into a file that appears whole or not at all. */
export interface LineFile {
  /** Adds a line, given without its end. Throws an InputError for one that is too long to be read again. */
  add(line: string): void
  commit(): void
  discard(): void
}

/** Characters that go to the file, or into one member of gzip data, at a time. */
const pieceLength = 1 << 20

/**
 * Begins a file of lines.
 * @param packed what becomes of a piece of the text, such as a member of gzip data: those that follow each other are one
 * @throws as `createAtomicFile`
 */
export function createLineFile(path: string, packed: (text: string) => string | Uint8Array): LineFile {
  const file = createAtomicFile(path)
  let piece = ''
  const flush = () => {
    if (piece !== '') file.write(packed(piece))
    piece = ''
  }
  return {
    add(line) {
      if (Buffer.byteLength(line) > longestLine)
        throw new InputError(`a row to write is longer than ${longestLine / 2 ** 20} MiB and could not be read again`, {
          remedy: phrase`leave it out with ${command('data filter')}, or give fewer responses`,
        })
      piece += `${line}\n`
      if (piece.length >= pieceLength) flush()
    },
    commit() {
      flush()
      file.commit()
    },
    discard: () => file.discard(),
  }
}
