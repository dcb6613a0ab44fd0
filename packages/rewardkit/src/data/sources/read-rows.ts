import { counted } from '../../counted.ts'
import { InputError, located } from '../../errors.ts'
import { option, phrase } from '../../phrase.ts'
import { isObject, type Row } from '../fields.ts'
import { withWholeCharacters } from '../json.ts'
import { checkCompression, readBytes } from './bytes.ts'
import type { BadRow, Bytes, SourceFile, SourceRow } from './source.ts'
import { createConversationReader } from './conversations.ts'
import { csvRows } from './csv.ts'
import { asUtf8, isUtf8 } from './encoding.ts'
import { changedError, fileState } from './file-state.ts'
import { findPath } from './find-file.ts'
import { jsonRows, rowsOfLines } from './json-text.ts'
import { createNotes, type Notes } from './notes.ts'
import { isParquet, parquetRows } from './parquet.ts'

/** How the files of one source are read, and what was noticed so far: one for all of them. */
export interface SourceReading {
  readonly encoding: string
  readonly notes: Notes
  /** A row with conversations in place of their JSON. */
  readonly withConversations: (row: Row) => Row
}

/** @param encoding of text files: a name of the web's standard, such as `latin1` */
export function createReading({ encoding = 'utf-8' }: { readonly encoding?: string } = {}): SourceReading {
  const notes = createNotes()
  return { encoding, notes, withConversations: createConversationReader(notes) }
}

/**
 * The rows of one file, one after the other, in bounded memory. Its content says what it is where it can: Parquet, JSON,
 * compression; CSV and TSV go by their names. A row that cannot be read comes as a `BadRow`.
 * @throws InputError for a file that cannot be read at all, or not to its end; it says after which row. Damage to the
 * file, and a change while it was read, are blamed before a row is
 */
export async function* readRows(
  file: SourceFile,
  reading: SourceReading = createReading(),
): AsyncGenerator<SourceRow | BadRow> {
  if ((await findPath(file.path)) === 'folder') throw new InputError(`${file.name}: a folder; expected a file of rows`)
  const state = fileState(file.path)
  const checkFile = async () => {
    if (fileState(file.path) !== state) throw changedError()
    await checkCompression(file)
  }
  let last: SourceRow | BadRow | undefined
  let isChecked = false
  try {
    for await (const item of rowsOf(file, reading)) {
      last = item
      if ('error' in item && !isChecked) {
        await checkFile()
        isChecked = true
      }
      yield finished(item, reading)
    }
    if (fileState(file.path) !== state) throw changedError()
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const cause = isChecked
      ? error
      : await checkFile().then(
          () => error,
          (damage: unknown) => damage,
        )
    if (!(cause instanceof InputError)) throw error
    throw located(last && cause === error ? `${file.name}, after ${last.unit} ${last.number}` : file.name, cause)
  }
}

/** The rows of a stream of JSON Lines, each as soon as its line is there. */
export async function* readLines(bytes: Bytes, reading: SourceReading): AsyncGenerator<SourceRow | BadRow> {
  for await (const item of rowsOfLines(asUtf8(bytes, reading.encoding))) yield finished(item, reading)
}

async function* rowsOf(file: SourceFile, reading: SourceReading): AsyncGenerator<SourceRow | BadRow> {
  const table = /\.(csv|tsv)(\.(gz|zst))?$/i.exec(file.name)?.[1]?.toLowerCase()
  const { encoding } = reading
  if (await isParquet(file)) {
    if (!isUtf8(encoding))
      throw new InputError(phrase`${option('encoding')} ${encoding}: a Parquet file, whose texts are UTF-8`, {
        remedy: 'leave the option out',
      })
    yield* parquetRows(file.path)
  } else if (table) yield* csvRows(readBytes(file, encoding), table === 'tsv' ? '\t' : ',', reading)
  else yield* jsonRows(readBytes(file, encoding), file.name, reading)
}

/** A row with all that holds for every kind of file. */
function finished(item: SourceRow | BadRow, { notes, withConversations }: SourceReading): SourceRow | BadRow {
  if ('error' in item) return item
  const whole = withWholeCharacters(item.row)
  if (whole !== item.row)
    notes.add(
      'surrogates',
      'warning',
      (count) =>
        `${counted(count, 'row')} ${count === 1 ? 'has' : 'have'} halves of characters (lone surrogates), which were replaced by U+FFFD`,
    )
  try {
    const row = withConversations(isObject(whole) ? whole : item.row)
    return row === item.row ? item : { ...item, row }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return { unit: item.unit, number: item.number, error: error.problem, remedy: error.phrases.remedy }
  }
}
