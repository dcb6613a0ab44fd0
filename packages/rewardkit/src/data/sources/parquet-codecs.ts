import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { compressors } from 'hyparquet-compressors'

type Decompress = (input: Uint8Array, length: number) => Uint8Array

/** Node's own where it has them, which are faster. */
const decompressors: Readonly<Record<string, Decompress | undefined>> = {
  ...compressors,
  GZIP: (input) => gunzipSync(input),
  BROTLI: (input) => brotliDecompressSync(input),
}

/** A page without values is an empty block, which the library's LZ4 takes for a damaged one. */
const emptyPagesToo = (decompress: Decompress | undefined): Decompress | undefined =>
  decompress && ((input, length) => (length === 0 ? new Uint8Array(0) : decompress(input, length)))

/** Every codec of Parquet but LZO, which nothing writes. */
export const codecs = Object.fromEntries(
  Object.entries(decompressors).map(([codec, decompress]) => [codec, emptyPagesToo(decompress)]),
)
