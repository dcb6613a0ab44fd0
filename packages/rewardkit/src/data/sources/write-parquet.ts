import { createReadStream, rmSync } from 'node:fs'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { type AtomicFile, createAtomicFile } from '../../files.ts'
import { InputError } from '../../errors.ts'
import { isObject, type Row } from '../fields.ts'
import { linesOf } from '../lines.ts'
import { createLineFile } from './line-file.ts'
import { columnValue, type Kind, schemaElements, unknownKind, widened } from './parquet-kinds.ts'
import type { RowWriter } from './row-writer.ts'

/** A row group ends at this many rows, or characters of JSON: what a reader decodes at once. */
const groupRows = 10_000
const groupLength = 32 * 2 ** 20

/**
 * Begins a Parquet file (Snappy). The columns are known only after the last row: until `commit`, the rows are next to
 * the file, as JSONL under a temporary name. Lists and objects become lists and structs. A column whose values have no
 * common type, or objects with different fields, becomes text of the type JSON, which `readRows` reads back.
 */
export function createParquetWriter(path: string): RowWriter {
  const spooled = `${path}.${process.pid}.rows.tmp`
  const spool = createLineFile(spooled, (text) => text)
  const columns = new Map<string, Kind>()
  let file: AtomicFile | undefined
  const discard = () => {
    spool.discard()
    file?.discard()
    rmSync(spooled, { force: true })
  }
  return {
    async write(row) {
      for (const [name, value] of Object.entries(row))
        columns.set(name, widened(columns.get(name) ?? unknownKind, value))
      spool.add(JSON.stringify(row))
    },
    async commit() {
      try {
        if (columns.size === 0)
          throw new InputError(`${path}: there is no row to write`, {
            remedy: 'Parquet needs at least one, to know the columns',
          })
        spool.commit()
        file = createAtomicFile(path)
        await writeGroups(file, columns, spooled)
        file.commit()
      } finally {
        discard()
      }
    },
    discard,
  }
}

async function writeGroups(file: AtomicFile, columns: ReadonlyMap<string, Kind>, spooled: string): Promise<void> {
  const bytes = fileWriter(file)
  const schema = [
    { name: 'schema', num_children: columns.size },
    ...[...columns].flatMap(([name, kind]) => schemaElements(name, kind)),
  ]
  const parquet = new ParquetWriter({ writer: bytes, schema, createdBy: 'rewardkit' })
  let rows: Row[] = []
  let length = 0
  const writeGroup = () => {
    const columnData = [...columns].map(([name, kind]) => ({
      name,
      data: rows.map((row) => columnValue(kind, row[name])),
    }))
    void parquet.write({ columnData, rowGroupSize: rows.length })
    rows = []
    length = 0
  }
  for await (const line of linesOf(createReadStream(spooled))) {
    if ('error' in line) throw new InputError(`row ${line.number} is ${line.error}`)
    const row: unknown = JSON.parse(line.text)
    if (isObject(row)) rows.push(row)
    length += line.text.length
    if (rows.length >= groupRows || length >= groupLength) writeGroup()
  }
  if (rows.length > 0) writeGroup()
  void parquet.finish()
}

/** The library's buffer, written to the file after every row group. */
function fileWriter(file: AtomicFile) {
  const bytes = new ByteWriter()
  const flush = () => {
    file.write(bytes.getBytes())
    bytes.index = 0
  }
  return Object.assign(bytes, { flush, finish: flush })
}
