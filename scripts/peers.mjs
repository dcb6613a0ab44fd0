// Makes the private Python environment that `npm run test:peers` compares against, in .peers/. Done once for each state
// of peers-requirements.txt.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withLock } from '../packages/torch/src/setup/lock.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, '.peers')
const python = join(folder, 'bin/python')
const stamp = join(folder, 'requirements.sha256')
const requirements = readFileSync(join(root, 'scripts/peers-requirements.txt'), 'utf8')
const wanted = createHash('sha256').update(requirements).digest('hex')
const cpuIndex = 'https://download.pytorch.org/whl/cpu'

process.once('SIGINT', () => process.exit(130))
await withLock(join(root, '.setup.lock'), console.log, async () => {
  if (!isCurrent()) install()
})

function isCurrent() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function install() {
  rmSync(folder, { recursive: true, force: true })
  console.log(`making a Python environment for the peers in ${folder} (1 to 5 GB, a few minutes)`)
  mustRun('python3', ['-m', 'venv', folder], 'install Python 3.11 or newer with venv (Debian and Ubuntu: python3-venv)')
  mustRun(
    python,
    ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'],
    'the pinned peers need Python 3.11 or newer as python3',
  )

  const lines = requirements.split('\n').filter((line) => line && !line.startsWith('#'))
  const torch = lines.filter((line) => line.startsWith('torch=='))
  const others = lines.filter((line) => !line.startsWith('torch=='))
  const isForGpu = (/** @type {string} */ line) => /^(nvidia|cuda)-/.test(line)
  const small = cpuIndexAnswers()
  pip(torch, small ? ['--index-url', cpuIndex] : [])
  pip(small || process.platform !== 'linux' ? others.filter((line) => !isForGpu(line)) : others, [])
  mustRun(python, ['-c', 'import torch, transformers, scipy'], 'the environment is incomplete: run this again')
  writeFileSync(stamp, wanted)
}

/** PyTorch's own index, with its small wheels: asked only where the user names no index. */
function cpuIndexAnswers() {
  const settings = spawnSync(python, ['-m', 'pip', 'config', 'list'], { encoding: 'utf8' }).stdout
  if (process.env['REWARDKIT_TORCH_INDEX'] === 'pypi' || /index-url=/.test(settings)) return false
  const question = [
    '-m',
    'pip',
    'index',
    'versions',
    'torch',
    '--index-url',
    cpuIndex,
    '--timeout',
    '5',
    '--retries',
    '0',
  ]
  return spawnSync(python, question, { timeout: 15_000 }).status === 0
}

/**
 * @param {string[]} packages
 * @param {string[]} options
 */
function pip(packages, options) {
  const shown = packages.length === 1 ? packages[0] : `${packages.length} packages`
  console.log(`installing ${shown}${options.length > 0 ? ` from ${cpuIndex}` : ''}`)
  const quiet = ['--quiet', '--no-deps', '--no-cache-dir', '--disable-pip-version-check']
  mustRun(python, ['-m', 'pip', 'install', ...quiet, ...options, ...packages], 'check the network and the disk')
}

/**
 * @param {string} command
 * @param {string[]} programArguments
 * @param {string} remedy
 */
function mustRun(command, programArguments, remedy) {
  const { status } = spawnSync(command, programArguments, { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status === 0) return
  console.error(`peers: ${command} ${programArguments.slice(0, 3).join(' ')} failed: ${remedy}`)
  process.exit(1)
}
