import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { type DType, dtypeNumber, dtypeSize } from './dtype.ts'
import { contiguous, detach, narrow, view } from './generated/operators.ts'
import { native, type NativeTensor } from './native.ts'
import { scope } from './scope.ts'
import { Tensor } from './tensor.ts'

/** A file that is not a sound safetensors file, or cannot be written. The message names the file. */
export class SafetensorsError extends Error {
  override name = 'SafetensorsError'
}

interface Entry {
  readonly dtype: DType
  readonly shape: readonly number[]
  /** Offset in the file, bytes. */
  readonly offset: number
}

/** A safetensors file whose header has been read and checked. */
export interface Safetensors {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  /** Names in the order of the header, with their dtypes and shapes. */
  readonly entries: ReadonlyMap<string, Entry>
  /**
   * Reads a tensor into memory of its own.
   * @throws SafetensorsError for an unknown name, and where the file is no longer the one that was opened.
   */
  get(name: string): Tensor
}

const dtypeOf = new Map<unknown, DType>([
  ['F64', 'float64'],
  ['F32', 'float32'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I64', 'int64'],
  ['I32', 'int32'],
  ['I16', 'int16'],
  ['I8', 'int8'],
  ['U8', 'uint8'],
  ['BOOL', 'bool'],
])
const nameOf = new Map([...dtypeOf].map(([name, dtype]) => [dtype, name]))

/** The same bound on the header as the reference implementation has. */
const largestHeader = 100_000_000

/**
 * Opens a safetensors file and checks all of its header: lengths, dtypes, shapes, offsets within the file, no gaps or
 * overlaps, nothing twice. Follows the format of the safetensors library and is never more lenient. Tensors are read, not
 * mapped: a mapped file that shrinks ends the process.
 * @throws SafetensorsError for anything malformed.
 */
export function openSafetensors(path: string): Safetensors {
  const fail = (problem: string): never => {
    throw new SafetensorsError(`${path}: ${problem}`)
  }
  const opened = withFile(path, fail, (file, status) => ({ status, ...readHeader(file, status.size, fail) }))
  const { header, start, status } = opened
  const { __metadata__: metadata = {}, ...tensors } = header
  if (!isStrings(metadata)) return fail('__metadata__ is not an object of strings')
  const entries = new Map<string, Entry>()
  const ranges: { name: string; begin: number; end: number }[] = []
  for (const [name, value] of Object.entries(tensors)) {
    const { entry, begin, end } = parseEntry(name, value, fail)
    if (start + end > status.size)
      fail(`'${name}' ends at byte ${start + end}, the file at ${status.size}: it is truncated`)
    entries.set(name, { ...entry, offset: start + begin })
    ranges.push({ name, begin, end })
  }
  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let covered = 0
  for (const { name, begin, end } of ranges) {
    if (begin !== covered)
      fail(`'${name}' begins at byte ${begin} of the data, the tensor before it ends at ${covered}`)
    covered = end
  }
  if (start + covered !== status.size) fail(`the tensors end at byte ${start + covered}, the file at ${status.size}`)
  return {
    path,
    metadata,
    entries,
    get(name) {
      const entry = entries.get(name) ?? fail(`has no tensor '${name}'`)
      return withFile(path, fail, (file, now) => {
        if (now.ino !== status.ino || now.size !== status.size || now.mtimeMs !== status.mtimeMs)
          fail('has changed since it was opened')
        return new Tensor(readTensor(file, entry, fail))
      })
    },
  }
}

type Fail = (problem: string) => never

/** Opens a file for `body`, unless it is none: a pipe would make the reader wait for ever. */
function withFile<T>(path: string, fail: Fail, body: (file: number, status: Stats) => T): T {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const status = fstatSync(file)
    if (!status.isFile()) fail('is not a file')
    return body(file, status)
  } finally {
    closeSync(file)
  }
}

function readTensor(file: number, { offset, dtype, shape }: Entry, fail: Fail): NativeTensor {
  try {
    return native.readTensor(file, offset, dtypeNumber(dtype), shape)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
}

function readHeader(file: number, size: number, fail: Fail): { header: Record<string, unknown>; start: number } {
  const prefix = Buffer.alloc(8)
  if (size < 8 || readSync(file, prefix, 0, 8, 0) < 8) return fail(`has ${size} bytes: not a safetensors file`)
  const length = Number(prefix.readBigUInt64LE())
  if (length > largestHeader) return fail(`announces a header of ${length} bytes: not a safetensors file`)
  if (8 + length > size) return fail(`announces a header of ${length} bytes but has ${size} in all: it is truncated`)
  const bytes = Buffer.alloc(length)
  if (readSync(file, bytes, 0, length, 8) < length) return fail('ended while its header was read')
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const header: unknown = JSON.parse(text)
    refuseAmbiguity(text, header)
    if (isRecord(header)) return { header, start: 8 + length }
  } catch (error) {
    return fail(`its header is not sound JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  return fail('its header is not a JSON object')
}

/**
 * Throws for JSON that other readers understand differently or refuse. That is a repeated key in an object (JSON.parse
 * takes the last), a number that is not whole (it rounds), or half a surrogate pair (invalid Unicode).
 */
function refuseAmbiguity(text: string, value: unknown): void {
  let keys = 0
  for (const [token, colon = ''] of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|-?\d[\d.eE+-]*/g)) {
    if (!token.startsWith('"')) {
      if (!/^\d+$/.test(token)) throw new TypeError(`the number ${token} is not a size or offset`)
      continue
    }
    if (colon) keys++
    const string = token.slice(0, token.length - colon.length)
    if (string.includes('\\u') && /\p{Surrogate}/u.test(String(JSON.parse(string))))
      throw new TypeError(`${string} has half a surrogate pair`)
  }
  if (keys !== countKeys(value)) throw new TypeError('an object has a key twice')
}

const countKeys = (value: unknown): number =>
  isRecord(value) ? Object.values(value).reduce<number>((sum, part) => sum + 1 + countKeys(part), 0) : 0

function parseEntry(
  name: string,
  value: unknown,
  fail: Fail,
): { entry: Omit<Entry, 'offset'>; begin: number; end: number } {
  if (!isRecord(value)) return fail(`'${name}' is not described by an object`)
  const { dtype: dtypeName, shape, data_offsets: offsets, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined) return fail(`'${name}' has the field ${JSON.stringify(unknown)}, which is not known`)
  const dtype = dtypeOf.get(dtypeName)
  if (!dtype)
    return fail(`'${name}' has the dtype ${JSON.stringify(dtypeName)}; known are ${[...dtypeOf.keys()].join(', ')}`)
  if (!isIntegers(shape)) return fail(`'${name}' has the shape ${JSON.stringify(shape)}`)
  if (!isIntegers(offsets)) return fail(`'${name}' has the offsets ${JSON.stringify(offsets)}`)
  const [begin, end] = offsets
  const bytes = shape.reduce((product, extent) => product * extent, dtypeSize(dtype))
  if (offsets.length !== 2 || begin === undefined || end === undefined || end - begin !== bytes)
    return fail(`'${name}' needs ${bytes} bytes for its shape, its offsets are ${JSON.stringify(offsets)}`)
  // Strides are products of the other extents, also where one of them is 0.
  if (!Number.isSafeInteger(shape.reduce((product, extent) => product * Math.max(extent, 1), dtypeSize(dtype))))
    return fail(`'${name}' has the impossible shape ${JSON.stringify(shape)}`)
  return { entry: { dtype, shape }, begin, end }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isStrings = (value: unknown): value is Record<string, string> =>
  isRecord(value) && Object.values(value).every((text) => typeof text === 'string')

const isIntegers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((element) => Number.isSafeInteger(element) && element >= 0)

/**
 * Writes tensors in the order given, atomically: to a temporary name next to `path`, flushed to disk, then renamed. A
 * failure leaves nothing. Tensors must be on the CPU.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header = new Map<string, unknown>([['__metadata__', { format: 'pt', ...metadata }]])
  let end = 0
  for (const [name, tensor] of Object.entries(tensors)) {
    if (name === '__metadata__') throw new SafetensorsError(`${path}: a tensor cannot have the name '${name}'`)
    const dtype = tensor.dtype
    const begin = end
    end += tensor.elements * dtypeSize(dtype)
    header.set(name, { dtype: nameOf.get(dtype), shape: tensor.shape, data_offsets: [begin, end] })
  }
  // Made from entries, a name such as __proto__ is a key like any other.
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)))
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')])
  const prefix = Buffer.alloc(8)
  prefix.writeBigUInt64LE(BigInt(padded.length))

  const temporary = `${path}.${process.pid}.tmp`
  let file: number | undefined
  try {
    file = openSync(temporary, 'wx')
    writeAll(file, prefix)
    writeAll(file, padded)
    for (const tensor of Object.values(tensors)) {
      const target = file
      scope(() => {
        for (const bytes of pieces(contiguous(detach(tensor)))) writeAll(target, bytes)
      })
    }
    fsyncSync(file)
    closeSync(file)
    file = undefined
    renameSync(temporary, path)
    syncFolder(dirname(path))
  } catch (error) {
    if (file !== undefined) closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset)
}

/** The bytes of a contiguous tensor in views of at most 1 GiB: one system call moves no more than 2. */
function* pieces(tensor: Tensor): Generator<Uint8Array> {
  const step = 2 ** 30 / dtypeSize(tensor.dtype)
  const flat = view(tensor, [-1])
  for (let start = 0; start < tensor.elements; start += step)
    yield narrow(flat, 0, start, Math.min(step, tensor.elements - start)).bytes()
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
