// Reads every file of preference data below a folder, writes it in our own layouts and in its own, and reads that again:
//
//   node scripts/check-real-data.mjs FOLDER
//
// Writing again what was written must give the same bytes, and lose nothing.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { convertData, convertOptionsSchema, openData, readPreferences } from '../packages/rewardkit/dist/data/index.js'
import { silentHooks } from '../packages/rewardkit/dist/events.js'

const [folder = ''] = process.argv.slice(2)
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.jsonl?(\.gz)?$/.test(name))
  .sort()
const work = mkdtempSync(join(tmpdir(), 'rewardkit-real-data-'))
let failed = 0
try {
  for (const name of files) {
    try {
      console.log(`${name}: ${await check(join(folder, name))}`)
    } catch (error) {
      failed += 1
      console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
} finally {
  rmSync(work, { recursive: true })
}
if (files.length === 0) throw new Error(`${folder}: no file of preference data`)
process.exitCode = failed === 0 ? 0 : 1

/** @param {string} path */
async function check(path) {
  /** @type {(data: string, out: string, to?: string) => ReturnType<typeof convertData>} */
  const convert = (data, out, to) =>
    convertData(convertOptionsSchema.parse({ data, out: join(work, out), to, ties: 'half' }))
  const options = convertOptionsSchema.parse({ data: path, out: '', ties: 'half' })
  let found
  try {
    found = await readPreferences(await openData(path, options, [], silentHooks))
  } catch (error) {
    // A sample may be too small to hold a pair.
    if (error instanceof Error && error.message.includes('is usable')) return error.message
    throw error
  }
  await convert(path, 'first.jsonl')
  await convert(join(work, 'first.jsonl'), 'second.jsonl')
  await convert(path, 'first.parquet')
  await convert(join(work, 'first.parquet'), 'third.jsonl')
  const [first, second, third] = ['first', 'second', 'third'].map((file) => linesOf(join(work, `${file}.jsonl`)))
  if (first?.join('\n') !== second?.join('\n')) throw new Error('what was written reads otherwise')
  if (!isDeepStrictEqual(rowsOf(first), rowsOf(third))) throw new Error('Parquet reads otherwise')
  const [format] = found.layouts
  const { outputs } = await convert(path, 'own.jsonl', format)
  const lost = Object.entries(outputs[0]?.lost ?? {}).map(([field, count]) => `${count} ${field}`)
  if (lost.length > 0) throw new Error(`${format} does not keep what it said it would: ${lost.join(', ')}`)
  return `${found.groups.length} rows, ${found.read} pairs read as ${found.layouts.join(' and ')}`
}

/** @param {string} path */
function linesOf(path) {
  return readFileSync(path, 'utf8').trim().split('\n')
}

/**
 * Parquet has a column for every field: what a row does not have comes as null.
 * @param {readonly string[]} lines
 * @returns {unknown[]}
 */
function rowsOf(lines = []) {
  return lines.map((line) => {
    /** @type {unknown} */
    const row = JSON.parse(line, (_, value) => withoutNulls(value))
    return row
  })
}

/** @param {unknown} value */
function withoutNulls(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null))
}
