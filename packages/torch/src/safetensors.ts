import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { type DType, dtypeNumber, dtypeSize } from './dtype.ts'
import { native } from './native.ts'
import { contiguous, detach } from './generated/operators.ts'
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

/** An open safetensors file: what it holds is known from its header, the tensors lie in the mapped file. */
export interface Safetensors {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  /** Names in the order of the header, with their dtypes and shapes. */
  readonly entries: ReadonlyMap<string, Entry>
  /** A tensor on the mapped bytes: no copy. Writing into it never reaches the file. Throws for an unknown name. */
  get(name: string): Tensor
}

const names: Record<string, DType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
}
const nameOf = new Map(Object.entries(names).map(([name, dtype]) => [dtype, name]))

/** The same bound on the header as the reference implementation has. */
const largestHeader = 100_000_000

/**
 * Opens a safetensors file and checks all of its header: lengths, dtypes, shapes, offsets within the file, no gaps or
 * overlaps. Follows the format of the safetensors library.
 * @throws SafetensorsError for anything malformed.
 */
export function openSafetensors(path: string): Safetensors {
  const fail = (problem: string): never => {
    throw new SafetensorsError(`${path}: ${problem}`)
  }
  const size = statSync(path).size
  const { header, start } = readHeader(path, size, fail)
  const metadata: Record<string, string> = {}
  const entries = new Map<string, Entry>()
  const ranges: { name: string; begin: number; end: number }[] = []
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') {
      if (!isRecord(value)) return fail('__metadata__ is not an object')
      for (const [key, text] of Object.entries(value)) metadata[key] = String(text)
      continue
    }
    const { entry, begin, end } = parseEntry(name, value, fail)
    if (start + end > size) fail(`'${name}' ends at byte ${start + end}, the file at ${size}: it is truncated`)
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
  if (start + covered !== size) fail(`the tensors end at byte ${start + covered}, the file at ${size}`)
  const mapping = native.mapFile(path)
  return {
    path,
    metadata,
    entries,
    get(name) {
      const entry = entries.get(name)
      if (!entry) return fail(`has no tensor '${name}'`)
      return new Tensor(native.fromMapping(mapping, entry.offset, dtypeNumber(entry.dtype), entry.shape))
    },
  }
}

type Fail = (problem: string) => never

function readHeader(path: string, size: number, fail: Fail): { header: Record<string, unknown>; start: number } {
  const file = openSync(path, 'r')
  try {
    const prefix = Buffer.alloc(8)
    if (size < 8 || readSync(file, prefix, 0, 8, 0) < 8) return fail(`has ${size} bytes: not a safetensors file`)
    const length = Number(prefix.readBigUInt64LE())
    if (length > largestHeader) return fail(`announces a header of ${length} bytes: not a safetensors file`)
    if (8 + length > size) return fail(`announces a header of ${length} bytes but has ${size} in all: it is truncated`)
    const text = Buffer.alloc(length)
    if (readSync(file, text, 0, length, 8) < length) return fail('ended while its header was read')
    try {
      const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
      if (isRecord(header)) return { header, start: 8 + length }
    } catch {
      // Told below: both ways the header is no JSON object.
    }
    return fail('its header is not a JSON object')
  } finally {
    closeSync(file)
  }
}

function parseEntry(
  name: string,
  value: unknown,
  fail: Fail,
): { entry: Omit<Entry, 'offset'>; begin: number; end: number } {
  if (!isRecord(value)) return fail(`'${name}' is not described by an object`)
  const { dtype: dtypeName, shape, data_offsets: offsets } = value
  const dtype = typeof dtypeName === 'string' ? names[dtypeName] : undefined
  if (!dtype)
    return fail(`'${name}' has the dtype ${JSON.stringify(dtypeName)}; known are ${Object.keys(names).join(', ')}`)
  if (!isIntegers(shape)) return fail(`'${name}' has the shape ${JSON.stringify(shape)}`)
  if (!isIntegers(offsets)) return fail(`'${name}' has the offsets ${JSON.stringify(offsets)}`)
  const [begin, end] = offsets
  const bytes = shape.reduce((product, extent) => product * extent, dtypeSize(dtype))
  if (offsets.length !== 2 || begin === undefined || end === undefined || end - begin !== bytes)
    return fail(`'${name}' needs ${bytes} bytes for its shape, its offsets are ${JSON.stringify(offsets)}`)
  return { entry: { dtype, shape }, begin, end }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isIntegers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((element) => Number.isSafeInteger(element) && element >= 0)

/**
 * Writes tensors in the order given, atomically: to a temporary name beside `path`, flushed to the disk, renamed.
 * Nothing is left behind by a failure. Tensors must be on the CPU.
 */
export function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  let end = 0
  for (const [name, tensor] of Object.entries(tensors)) {
    const dtype = tensor.dtype
    const begin = end
    end += tensor.elements * dtypeSize(dtype)
    header[name] = { dtype: nameOf.get(dtype), shape: tensor.shape, data_offsets: [begin, end] }
  }
  const json = Buffer.from(JSON.stringify(header))
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
      scope(() => writeAll(target, contiguous(detach(tensor)).bytes()))
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
  // One call writes at most 2 GiB.
  const step = 1 << 30
  for (let offset = 0; offset < bytes.length;)
    offset += writeSync(file, bytes, offset, Math.min(step, bytes.length - offset))
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
