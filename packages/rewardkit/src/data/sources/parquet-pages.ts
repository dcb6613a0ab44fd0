import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'
import { getMaxRepetitionLevel, getSchemaPath } from 'hyparquet/src/schema.js'
import { codecs } from './parquet-codecs.ts'

type RowGroup = FileMetaData['row_groups'][number]
type Chunk = RowGroup['columns'][number]

/** Where a page lies, and which row of its group is its first: what Parquet's offset index would say. */
interface PageLocation {
  offset: bigint
  compressed_page_size: number
  first_row_index: bigint
}

/**
 * The pages of a large row group whose file has no index of them; pyarrow and pandas leave it out. With them, a part of
 * the rows can be read and decoded alone. Rows of a list are counted by its repetition levels, 0 at each row.
 * @returns pages by the path of their column
 */
export async function locatePages(
  file: AsyncBuffer,
  { schema }: FileMetaData,
  group: RowGroup,
): Promise<Record<string, PageLocation[]>> {
  const found: Record<string, PageLocation[]> = {}
  for (const chunk of group.columns) {
    const path = chunk.meta_data?.path_in_schema ?? []
    const level = getMaxRepetitionLevel(getSchemaPath(schema, path))
    if (!chunk.offset_index_offset) found[path.join('.')] = await pagesOf(file, chunk, level)
  }
  return found
}

async function pagesOf(file: AsyncBuffer, { meta_data }: Chunk, level: number): Promise<PageLocation[]> {
  if (!meta_data) return []
  const start = Number(meta_data.dictionary_page_offset || meta_data.data_page_offset)
  const bytes = await file.slice(start, start + Number(meta_data.total_compressed_size))
  const reader = { view: new DataView(bytes), offset: 0 }
  const pages: PageLocation[] = []
  let rows = 0
  while (reader.offset < bytes.byteLength - 1) {
    const offset = reader.offset
    const header = parquetHeader(reader)
    const body = new Uint8Array(bytes, reader.offset, header.compressed_page_size)
    reader.offset += header.compressed_page_size
    const size = reader.offset - offset
    if (header.data_page_header_v2) {
      pages.push({ offset: BigInt(start + offset), compressed_page_size: size, first_row_index: BigInt(rows) })
      rows += header.data_page_header_v2.num_rows
    } else if (header.data_page_header && level === 0) {
      pages.push({ offset: BigInt(start + offset), compressed_page_size: size, first_row_index: BigInt(rows) })
      rows += header.data_page_header.num_values
    } else if (header.data_page_header) {
      const decompress = codecs[meta_data.codec]
      const page = decompress ? decompress(body, header.uncompressed_page_size) : body
      const levels = Array.from({ length: header.data_page_header.num_values }, () => 0)
      const view = new DataView(page.buffer, page.byteOffset, page.byteLength)
      readRleBitPackedHybrid({ view, offset: 0 }, Math.ceil(Math.log2(level + 1)), levels)
      const last = pages.at(-1)
      // A page that begins within a row is read with the one before.
      if (levels[0] !== 0 && last) last.compressed_page_size += size
      else pages.push({ offset: BigInt(start + offset), compressed_page_size: size, first_row_index: BigInt(rows) })
      for (const value of levels) if (value === 0) rows += 1
    }
  }
  return pages
}
