import { type FileHandle, open } from 'node:fs/promises'
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetScan } from 'hyparquet'
import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { codecs } from './parquet-codecs.ts'
import { locatePages } from './parquet-pages.ts'
import { parsers, plainValue } from './parquet-values.ts'
import { refuseForeign, signatureLength } from './signatures.ts'
import type { BadRow, SourceFile, SourceRow } from './source.ts'

/** Bytes that are decoded at a time, over all columns: a row group may be a gigabyte. */
const batchBytes = 32 * 2 ** 20
/** Bytes of one column of a row group in the file: they are read at once. */
const largestColumn = 512 * 2 ** 20

/**
 * Whether a file is Parquet, by its first bytes.
 * @throws InputError (without the file) where only its name says so, or where its end is missing
 */
export async function isParquet({ path, name }: SourceFile): Promise<boolean> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const first = await textAt(file, 0)
    if (first === 'PARE') throw encrypted()
    if (first !== 'PAR1') {
      if (!/\.parquet$/i.test(name) || size === 0) return false
      refuseForeign((await file.read(Buffer.alloc(signatureLength), 0, signatureLength, 0)).buffer)
      throw new InputError('not Parquet although it is named .parquet; expected PAR1 at its beginning', {
        remedy: 'get it again, or name it after what it is',
      })
    }
    const last = await textAt(file, Math.max(4, size - 4))
    if (last === 'PARE') throw encrypted()
    if (last !== 'PAR1')
      throw new InputError('the end of the Parquet file is missing (PAR1)', {
        remedy: 'the file is incomplete: get it again',
      })
    return true
  } finally {
    await file.close()
  }
}

/** The names of a Parquet file's columns. Throws as `parquetRows` does. */
export async function parquetColumns(path: string): Promise<readonly string[]> {
  const file = await open(path)
  try {
    return topColumns(await readMetadata(await asyncBuffer(file)))
  } finally {
    await file.close()
  }
}

/**
 * The rows of a Parquet file, one batch of a row group after the other. Numbers count rows from 1.
 * @throws InputError (without the file) for damaged data, with the column, and for columns of a row group that are too
 * large for the memory
 */
export async function* parquetRows(path: string): AsyncGenerator<SourceRow | BadRow> {
  const handle = await open(path)
  try {
    const file = await asyncBuffer(handle)
    const metadata = await readMetadata(file)
    const columns = topColumns(metadata)
    const options = { file, metadata, compressors: codecs, parsers, columns: [...columns] }
    let groupStart = 0
    for (const [group, rowGroup] of metadata.row_groups.entries()) {
      const groupEnd = groupStart + Number(rowGroup.num_rows)
      checkSizes(rowGroup, group)
      const total = rowGroup.columns.reduce(
        (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0),
        0,
      )
      const step = Math.max(1, Math.ceil((groupEnd - groupStart) / Math.ceil((total + 1) / batchBytes)))
      const pages = step < groupEnd - groupStart ? await pagesOfGroup(file, metadata, group) : {}
      const scan = await parquetScan({
        ...options,
        pageLocationsByGroup: metadata.row_groups.map(() => pages),
      } as typeof options)
      for (let start = groupStart; start < groupEnd; start += step) {
        const end = Math.min(groupEnd, start + step)
        const batch: ArrayLike<unknown>[] = []
        for (const name of columns) batch.push(await readColumn(scan, name, start, end))
        for (let index = start; index < end; index++) yield rowAt(columns, batch, index - start, index + 1)
      }
      groupStart = groupEnd
    }
  } finally {
    await handle.close()
  }
}

type Scan = Awaited<ReturnType<typeof parquetScan>>

async function readColumn(scan: Scan, column: string, rowStart: number, rowEnd: number): Promise<ArrayLike<unknown>> {
  let values: ArrayLike<unknown>
  try {
    values = await scan.readColumn({ column, rowStart, rowEnd })
  } catch (error) {
    throw damaged(`column "${column}", rows ${rowStart + 1} to ${rowEnd}: `, error)
  }
  if (values.length !== rowEnd - rowStart)
    throw damaged(
      `column "${column}", rows ${rowStart + 1} to ${rowEnd}: `,
      new Error(`found ${values.length} values, expected ${rowEnd - rowStart}`),
    )
  return values
}

function rowAt(
  columns: readonly string[],
  batch: readonly ArrayLike<unknown>[],
  index: number,
  number: number,
): SourceRow | BadRow {
  const row: Record<string, unknown> = {}
  for (const [column, name] of columns.entries()) {
    try {
      row[name] = plainValue(batch[column]?.[index])
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      return { unit: 'row', number, error: `column "${name}": ${error.problem}`, remedy: error.phrases.remedy }
    }
  }
  return { unit: 'row', number, row }
}

/** The columns of the rows: the children of the schema's root, which lists its elements depth first. */
function topColumns({ schema }: FileMetaData): readonly string[] {
  const columns: string[] = []
  let next = 1
  const skip = () => {
    const children = at(schema, next++).num_children ?? 0
    for (let child = 0; child < children; child++) skip()
  }
  while (next < schema.length) {
    columns.push(at(schema, next).name)
    skip()
  }
  return columns
}

type RowGroup = FileMetaData['row_groups'][number]

function checkSizes({ columns }: RowGroup, group: number): void {
  for (const { meta_data } of columns) {
    const size = Number(meta_data?.total_compressed_size ?? 0)
    if (size > largestColumn)
      throw new InputError(
        `column "${meta_data?.path_in_schema[0]}": ${Math.ceil(size / 2 ** 20)} MiB in row group ${group + 1}, expected at most ${largestColumn / 2 ** 20}`,
        { remedy: 'write the file with smaller row groups (to_parquet(row_group_size=10000))' },
      )
  }
}

async function pagesOfGroup(file: AsyncBuffer, metadata: FileMetaData, group: number) {
  const rowGroup = metadata.row_groups[group]
  try {
    return rowGroup ? await locatePages(file, metadata, rowGroup) : {}
  } catch (error) {
    throw damaged(`the pages of row group ${group + 1}: `, error)
  }
}

async function readMetadata(file: AsyncBuffer): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, { geoparquet: false })
  } catch (error) {
    throw damaged('the description at its end: ', error)
  }
}

async function asyncBuffer(file: FileHandle): Promise<AsyncBuffer> {
  const { size } = await file.stat()
  return {
    byteLength: size,
    async slice(start, end = size) {
      const bytes = new Uint8Array(Math.max(0, end - start))
      for (let read = 0; read < bytes.length;) {
        const { bytesRead } = await file.read(bytes, read, bytes.length - read, start + read)
        if (bytesRead === 0) throw new Error('the file ends before its data')
        read += bytesRead
      }
      return bytes.buffer
    },
  }
}

async function textAt(file: FileHandle, position: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, position)
  return buffer.toString('latin1', 0, bytesRead)
}

function encrypted(): InputError {
  return new InputError('an encrypted Parquet file', { remedy: 'write it without encryption' })
}

/** What the library stumbles over in bytes that it did not expect (TypeError, RangeError) says nothing to a user. */
function damaged(where: string, error: unknown): InputError {
  const isStumble = error instanceof TypeError || error instanceof RangeError
  const reason = isStumble || !(error instanceof Error) ? 'cannot be decoded' : error.message.replaceAll(/\s+/g, ' ')
  return new InputError(`damaged Parquet: ${where}${reason}`, { remedy: 'get it again', cause: error })
}
