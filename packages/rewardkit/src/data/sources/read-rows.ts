import { InputError, located } from '../../errors.ts'
import { readBytes } from './bytes.ts'
import { csvRows } from './csv.ts'
import { findPath } from './find-file.ts'
import { jsonRows } from './json-text.ts'
import { isParquet, parquetRows } from './parquet.ts'
import type { BadRow, SourceFile, SourceRow } from './source.ts'

/**
 * The rows of one file, one after the other, in bounded memory. Its content says what it is where it can: Parquet, JSON,
 * compression; CSV and TSV go by their names. A row that cannot be read comes as a `BadRow`.
 * @throws InputError for a file that cannot be read at all, or not on; it says behind which row
 */
export async function* readRows(file: SourceFile): AsyncGenerator<SourceRow | BadRow> {
  if ((await findPath(file.path)) === 'folder') throw new InputError(`${file.name}: a folder; expected a file of rows`)
  let last: SourceRow | BadRow | undefined
  try {
    for await (const item of rowsOf(file)) {
      last = item
      yield item
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw located(last ? `${file.name}, after ${last.unit} ${last.number}` : file.name, error)
  }
}

async function* rowsOf(file: SourceFile): AsyncGenerator<SourceRow | BadRow> {
  const table = /\.(csv|tsv)(\.(gz|zst))?$/i.exec(file.name)?.[1]?.toLowerCase()
  if (await isParquet(file)) yield* parquetRows(file.path)
  else if (table) yield* csvRows(readBytes(file), table === 'tsv' ? '\t' : ',')
  else yield* jsonRows(readBytes(file), file.name)
}
