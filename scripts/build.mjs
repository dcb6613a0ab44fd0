// Compiles the packages' sources into dist where they have changed. Compute threads, the command and packed packages run
// what is there, so every way to start the tests calls this first.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from '../packages/torch/src/setup/lock.mjs'

const ownRoot = fileURLToPath(new URL('..', import.meta.url))
const packages = ['packages/torch', 'packages/rewardkit']
/** What the compiler writes last of each of its projects. The script of the report's page is one of its own. */
const buildInfos = [
  'packages/torch/dist/.tsbuildinfo',
  'packages/rewardkit/dist/.tsbuildinfo',
  'packages/rewardkit/dist/.tsbuildinfo-page',
]
const recordFile = 'packages/rewardkit/dist/.built.json'

/** The sources do not compile. The message holds the compiler's errors. */
export class CompileError extends Error {
  constructor(/** @type {string} */ output) {
    super(`the TypeScript sources do not compile: correct these errors\n${output.trim()}`)
  }
}

/**
 * @param {(line: string) => void} log receives a line before something is compiled
 * @param {string} [root] of the repository
 * @throws CompileError
 */
export async function build(log, root = ownRoot) {
  if (isCurrent(root)) return
  await withLock(join(root, '.build.lock'), log, async () => {
    if (isCurrent(root)) return
    log('compiling TypeScript (tsc -b)')
    if (!canContinue(root))
      for (const folder of packages) rmSync(join(root, folder, 'dist'), { recursive: true, force: true })
    const inputs = readInputs(root)
    const { code, output } = await compile(root)
    mkdirSync(join(root, 'packages/rewardkit/dist'), { recursive: true })
    writeFileSync(join(root, recordFile), JSON.stringify({ compiles: code === 0, inputs }))
    if (code !== 0) throw new CompileError(output)
  })
}

/** Whether the last build found no errors. */
export function compiles(root = ownRoot) {
  return readRecord(root)?.compiles !== false
}

/**
 * Whether dist was compiled without errors from the current sources.
 * @param {string} root
 */
function isCurrent(root) {
  const record = readRecord(root)
  if (record?.compiles !== true || isCompiledByHand(root)) return false
  return JSON.stringify(record.inputs) === JSON.stringify(readInputs(root))
}

/**
 * Whether the compiler itself notices what has changed since. It compares times, so it misses a file that comes back
 * with an old time, and it leaves the output of deleted files.
 * @param {string} root
 */
function canContinue(root) {
  const record = readRecord(root)
  if (!record || isCompiledByHand(root)) return false
  const inputs = readInputs(root)
  const compiledAt = timeOf(root, recordFile)
  return Object.entries(record.inputs).every(
    ([file, hash]) => file in inputs && (inputs[file] === hash || timeOf(root, file) > compiledAt),
  )
}

/** @typedef {{ compiles: boolean, inputs: Record<string, string> }} BuildRecord `inputs`: the hash of each file */

/**
 * What this program compiled last; null where there is nothing.
 * @param {string} root
 * @returns {BuildRecord | null}
 */
function readRecord(root) {
  try {
    /** @type {unknown} */
    const record = JSON.parse(readFileSync(join(root, recordFile), 'utf8'))
    return isRecord(record) ? record : null
  } catch {
    return null
  }
}

/**
 * Whether the compiler has written something since this program started it.
 * @param {string} root
 */
function isCompiledByHand(root) {
  return buildInfos.some((file) => {
    const written = statSync(join(root, file), { throwIfNoEntry: false })
    return !written || written.mtimeMs > timeOf(root, recordFile)
  })
}

/**
 * @param {unknown} value
 * @returns {value is BuildRecord}
 */
function isRecord(value) {
  return typeof value === 'object' && value !== null && 'compiles' in value && 'inputs' in value
}

/** @param {string} root */
function readInputs(root) {
  const settings = [
    'tsconfig.base.json',
    'tsconfig.json',
    'node_modules/.package-lock.json',
    'packages/rewardkit/tsconfig.page.json',
  ]
  const files = packages.flatMap((folder) => [
    join(folder, 'package.json'),
    join(folder, 'tsconfig.build.json'),
    ...listSources(root, join(folder, 'src')),
  ])
  return Object.fromEntries([...settings, ...files].map((file) => [file, hashOf(join(root, file))]))
}

/**
 * @param {string} root
 * @param {string} folder
 */
function listSources(root, folder) {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const isSource = (/** @type {string} */ name) => /\.(ts|mjs)$/.test(name) && !/\.(test|peers|browser)\.ts$/.test(name)
  return names.filter(isSource).map((name) => join(folder, name))
}

/** @param {string} file */
function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

/**
 * @param {string} root
 * @param {string} file
 */
function timeOf(root, file) {
  return statSync(join(root, file)).mtimeMs
}

/**
 * @param {string} root
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function compile(root) {
  return new Promise((settle, fail) => {
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const child = spawn(process.execPath, [compiler, '-b'], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', fail)
    child.on('close', (code) => settle({ code, output }))
  })
}
