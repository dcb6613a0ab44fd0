import { InputError } from '../../errors.ts'
import { option, phrase, settings } from '../../phrase.ts'
import type { Bytes } from './source.ts'

/** The characters of the bytes 0x80 to 0x9f in windows-1252, which is what others mean by latin1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

/** What is wrong with bytes of another encoding, and what to do about it. */
export const notUtf8 = {
  error: 'bytes that are not valid UTF-8',
  remedy: phrase`save the file as UTF-8, or name its encoding, such as ${settings({ encoding: 'latin1' })}`,
} as const

/** Whether a name is that of a known encoding, in the web's standard. */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== ''
  } catch {
    return false
  }
}

/** Whether a name means UTF-8, which needs no conversion. */
export const isUtf8 = (name: string): boolean => new TextDecoder(name).encoding === 'utf-8'

/**
 * Text of another encoding as UTF-8.
 * @throws InputError (without the file) where the bytes are none of this encoding
 */
export async function* asUtf8(bytes: Bytes, name: string): AsyncGenerator<Buffer> {
  const { encoding } = new TextDecoder(name)
  if (encoding === 'utf-8') yield* bytes
  // Not by the decoder: that of some versions of Node reads 0x80 to 0x9f as control characters.
  else if (encoding === 'windows-1252') for await (const piece of bytes) yield Buffer.from(fromWindows1252(piece))
  else yield* decoded(bytes, encoding)
}

async function* decoded(bytes: Bytes, encoding: string): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined
  const decode = (piece: Buffer, stream: boolean): Buffer => {
    // A byte order mark tells which of the two UTF-16 it is.
    const isBigEndian = encoding === 'utf-16le' && piece[0] === 0xfe && piece[1] === 0xff
    decoder ??= new TextDecoder(isBigEndian ? 'utf-16be' : encoding, { fatal: true })
    try {
      return Buffer.from(decoder.decode(piece, { stream }))
    } catch (error) {
      throw new InputError(`bytes that are not valid ${encoding}`, {
        remedy: phrase`give ${option('encoding')} as the file has it, or leave it out for UTF-8`,
        cause: error,
      })
    }
  }
  for await (const piece of bytes) yield decode(piece, true)
  yield decode(Buffer.alloc(0), false)
}

const fromWindows1252 = (piece: Buffer): string =>
  piece.toString('latin1').replaceAll(/[\x80-\x9f]/g, (one) => windows1252[one.charCodeAt(0) - 0x80] ?? one)
