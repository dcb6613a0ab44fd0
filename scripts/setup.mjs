// Sets up a clone: npm packages, compiled TypeScript, libtorch, the addon. Does only what is missing, so that every npm
// script can call it first. `--remove` takes libtorch and the addon away again.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder, removeSetup } from '../packages/torch/src/setup/folders.mjs'
import { withLock } from '../packages/torch/src/setup/lock.mjs'
import { preflight, readFacts } from '../packages/torch/src/setup/platform.mjs'
import { pythonTorch } from '../packages/torch/src/setup/versions.mjs'
import { build, CompileError } from './build.mjs'

const root = fileURLToPath(new URL('..', import.meta.url)) // import.meta.dirname came with the Node that we ask for

/** A failure that is reported in one line. */
class OneLine extends Error {}

process.once('SIGINT', () => process.exit(130))
process.once('SIGTERM', () => process.exit(143))
try {
  if (process.argv.includes('--remove')) remove()
  else await setUp()
} catch (error) {
  const line = explain(error)
  console.error(line === null ? error : `set-up: ${line}`)
  process.exitCode = 1
}

async function setUp() {
  const begun = performance.now()
  const cache = cacheFolder()
  const facts = readFacts(cache)
  const refusal = preflight(facts, false) ?? (hasLibtorch(cache) ? null : preflight(facts))
  if (refusal) throw new OneLine(refusal)

  if (!packagesAreCurrent())
    await withLock(join(root, '.setup.lock'), log, async () => {
      if (!packagesAreCurrent()) await installPackages()
    })
  await build(log)
  const { setup } = await import('../packages/torch/dist/setup/index.js')
  const { torchVersion, libtorchFolder } = await setup({ log })
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  log(`set-up is complete: libtorch ${torchVersion} in ${libtorchFolder} (${seconds} s)`)
}

/** Whether libtorch seems to be there, so that nothing large is downloaded. `setup` looks closer. */
function hasLibtorch(/** @type {string} */ cache) {
  const installed = readNames(cache).some((name) => /^(setup-.*\.json|libtorch-[\d.]+-\w+-\w+)$/.test(name))
  return Boolean(process.env['REWARDKIT_LIBTORCH']) || installed || pythonTorch() !== null
}

/** The line that tells what went wrong, with the remedy; null for a mistake of ours. */
function explain(/** @type {unknown} */ error) {
  if (!(error instanceof Error)) return null
  if (error instanceof OneLine || error instanceof CompileError || error.name === 'SetupError') return error.message
  const { code, path = root } = /** @type {NodeJS.ErrnoException} */ (error)
  if (code === 'ENOSPC' || code === 'EDQUOT') return `${path} cannot be written: the disk is full: free some space`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return `${path} cannot be written (${code}): correct the permissions, or clone to a folder of your own`
  return null
}

function remove() {
  const removed = removeSetup()
  for (const path of removed) log(`removed ${path}`)
  if (removed.length === 0) log(`nothing to remove in ${cacheFolder()}`)
}

/** npm writes down what it has installed: that must be what package-lock.json asks for on this platform. */
function packagesAreCurrent() {
  const hidden = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(hidden)) return false
  const wanted = readLock(join(root, 'package-lock.json'))
  const present = readLock(hidden)
  return (
    Object.keys(present).every((name) => name in wanted) &&
    Object.entries(wanted).every(([name, { version, bin, optional }]) => {
      const found = present[name]
      if (!found) return name === '' || optional === true
      return found.version === version && JSON.stringify(found.bin) === JSON.stringify(bin)
    })
  )
}

/** @typedef {{ packages: Record<string, { version?: string, bin?: Record<string, string>, optional?: boolean }> }} PackageLock */

/** @param {string} file */
function readLock(file) {
  /** @type {unknown} */
  const lock = JSON.parse(readFileSync(file, 'utf8'))
  if (!isPackageLock(lock)) throw new OneLine(`${file} lists no packages: delete node_modules and run the set-up again`)
  return lock.packages
}

/**
 * @param {unknown} value
 * @returns {value is PackageLock}
 */
function isPackageLock(value) {
  return typeof value === 'object' && value !== null && 'packages' in value
}

async function installPackages() {
  log('installing npm packages (npm ci)')
  const kinds = ['--include=dev', '--include=optional'] // whatever NODE_ENV or npm's settings omit
  const { code, output } = await run('npm', ['ci', ...kinds, '--no-progress', '--loglevel', 'error'])
  if (code === 0) return
  const last = output.split('\n').find((line) => /^npm error (?!code)/.test(line)) ?? output.trim().split('\n')[0]
  const reason = last?.replace(/^npm error /, '') || 'npm is not found'
  if (/ENOSPC/.test(output)) throw new OneLine('the disk is full while installing npm packages: free some space')
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ECONNRESET|EAI_AGAIN|FETCH_ERROR/.test(output))
    throw new OneLine(
      `npm cannot reach its registry (${reason}): check the network, the proxy or npm's registry setting`,
    )
  throw new OneLine(`npm ci failed (${reason}): run npm ci to see all of it`)
}

/**
 * @param {string} command
 * @param {string[]} programArguments
 * @returns {Promise<{ code: number | null, output: string }>}
 */
function run(command, programArguments) {
  return new Promise((settle) => {
    const child = spawn(command, programArguments, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', (data) => (output += data))
    child.stderr.on('data', (data) => (output += data))
    child.on('error', () => settle({ code: null, output }))
    child.on('close', (code) => settle({ code, output }))
  })
}

/** @param {string} folder */
function readNames(folder) {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** @param {string} line */
function log(line) {
  console.log(line)
}
