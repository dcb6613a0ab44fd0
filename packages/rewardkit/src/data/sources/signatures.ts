import { InputError } from '../../errors.ts'
import { type Phrase, phrase, settings } from '../../phrase.ts'
import { isUtf8 } from './encoding.ts'

/** What kind of file it is, by its first bytes, if it holds no rows that can be read here. */
interface Signature {
  /** Text whose characters are bytes (latin1). */
  readonly begins: string
  readonly at?: number
  readonly found: string
  readonly remedy: string
}

const getAgain = 'get it again; a browser or curl saves such a page where a log-in or another address was needed'
const save = 'save it as JSONL or Parquet'
const repack = 'unpack it, or pack it with gzip or zstd'

const signatures: readonly Signature[] = [
  { begins: 'PK\x03\x04', found: 'a zip archive', remedy: 'unpack it and name the file inside' },
  { begins: 'PK\x05\x06', found: 'an empty zip archive', remedy: 'get it again' },
  { begins: '7z\xbc\xaf\x27\x1c', found: 'a 7z archive', remedy: repack },
  { begins: '\xfd7zXZ\x00', found: 'xz data', remedy: `${repack} (xz -d)` },
  { begins: 'BZh', found: 'bzip2 data', remedy: `${repack} (bunzip2)` },
  { begins: 'ustar', at: 257, found: 'a tar archive', remedy: 'unpack it (tar -xf) and name the folder' },
  { begins: 'ARROW1', found: 'an Arrow (Feather) file', remedy: `${save}: pyarrow.feather, or datasets' to_parquet` },
  {
    begins: '\xff\xff\xff\xff',
    found: 'an Arrow stream, as save_to_disk of datasets writes it',
    remedy: 'save it as Parquet: datasets.load_from_disk(FOLDER).to_parquet(FILE)',
  },
  { begins: '\x89HDF', found: 'an HDF5 file', remedy: save },
  { begins: 'SQLite format 3\x00', found: 'an SQLite database', remedy: save },
  { begins: 'Obj\x01', found: 'an Avro file', remedy: save },
  { begins: 'version https://git-lfs', found: 'a Git LFS pointer, not the file itself', remedy: 'run git lfs pull' },
]

/** How UTF-16 begins: with a byte order mark, or with an object. */
const utf16Begins = ['\xff\xfe', '\xfe\xff', '{\x00', '\x00{']

/** Bytes that are enough for every signature. */
export const signatureLength = 512

/**
 * Refuses what is known to be something else, by its first bytes.
 * @param encoding that of the text, as the user says
 * @throws InputError (without the file) that says what was found and what to do
 */
export function refuseForeign(head: Buffer, encoding = 'utf-8'): void {
  const text = head.toString('latin1', 0, signatureLength)
  const refuse = (found: string, remedy: string | Phrase): never => {
    throw new InputError(`found ${found}, expected rows as JSONL, JSON, CSV or Parquet`, { remedy })
  }
  for (const { begins, at = 0, found, remedy } of signatures) if (text.startsWith(begins, at)) refuse(found, remedy)
  if (isUtf8(encoding) && utf16Begins.some((begins) => text.startsWith(begins)))
    refuse('UTF-16 text', phrase`${settings({ encoding: 'utf-16' })} reads it`)
  // A pickle names its protocol, 2 to 5; in safetensors the length of the header comes first, eight bytes.
  const [first, protocol = 0] = head
  if (first === 0x80 && protocol >= 2 && protocol <= 5)
    refuse('a Python pickle', `${save}: pandas' to_json(orient="records", lines=True)`)
  if (text.startsWith('{"', 8) && head.length >= 10 && head.readUInt16LE(6) === 0)
    refuse('a safetensors file, which holds weights', 'name a file of rows')
  if (/^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|head)/i.test(text)) refuse('an HTML or XML page', getAgain)
}
