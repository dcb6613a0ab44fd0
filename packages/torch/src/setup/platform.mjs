// The one file that says where platforms differ. It is plain JavaScript without dependencies, because the set-up script
// imports it before anything is installed or compiled.
import { existsSync, statfsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * @typedef {object} Platform
 * @property {string} name as people call it
 * @property {boolean} tried whether the project's own checks run there
 * @property {string} [minimumGlibc]
 * @property {readonly string[]} wheelTags pip's platform tags, the tag of the torch wheel first; pip compares them
 *   literally, so every tag that a needed wheel may carry is listed
 * @property {string | null} nvidia what PyPI's torch wheel needs to load besides itself, also on a CPU: a requirement
 * @property {readonly string[]} libraries libtorch's libraries in the order in which they must be loaded
 * @property {readonly string[]} compileFlags
 * @property {readonly string[]} linkFlags
 */

/**
 * @typedef {object} Facts
 * @property {string} system `process.platform`
 * @property {string} machine `process.arch`
 * @property {string} nodeVersion without the `v`
 * @property {string | null} glibcVersion null under musl and outside Linux
 * @property {number} freeBytes of the disk that holds `folder`
 * @property {string} folder where libtorch goes
 */

export const minimumNode = '20.19'
export const minimumFreeBytes = 4e9

const compileFlags = ['-std=c++20', '-O2', '-fPIC', '-DNDEBUG', '-DNAPI_VERSION=2147483647', '-fvisibility=hidden']

/** @param {string} machine */
const manylinuxTags = (machine) =>
  ['manylinux_2_28', 'manylinux_2_27', 'manylinux_2_26', 'manylinux_2_25', 'manylinux_2_17', 'manylinux2014'].map(
    (tag) => `${tag}_${machine}`,
  )

/** @satisfies {Record<string, Platform>} */
const platforms = {
  'linux-x64': {
    name: 'Linux x86-64',
    tried: true,
    minimumGlibc: '2.28',
    wheelTags: manylinuxTags('x86_64'),
    nvidia: 'cuda-toolkit[cupti,cudart]==13.2.2',
    libraries: ['libc10.so', 'libtorch_cpu.so'],
    compileFlags,
    linkFlags: ['-shared'],
  },
  'linux-arm64': {
    name: 'Linux arm64',
    tried: false,
    minimumGlibc: '2.28',
    wheelTags: manylinuxTags('aarch64'),
    nvidia: null,
    libraries: ['libc10.so', 'libtorch_cpu.so'],
    compileFlags,
    linkFlags: ['-shared'],
  },
  'darwin-arm64': {
    name: 'macOS arm64',
    tried: false,
    wheelTags: ['macosx_14_0_arm64', 'macosx_13_0_arm64', 'macosx_12_0_arm64', 'macosx_11_0_arm64'],
    nvidia: null,
    libraries: ['libc10.dylib', 'libtorch_cpu.dylib'],
    compileFlags,
    linkFlags: ['-bundle', '-undefined', 'dynamic_lookup'],
  },
}

/**
 * The table's row for a platform, or undefined where there is none.
 * @param {string} [system]
 * @param {string} [machine]
 * @returns {Platform | undefined}
 */
export function findPlatform(system = process.platform, machine = process.arch) {
  return Object.entries(platforms).find(([key]) => key === `${system}-${machine}`)?.[1]
}

/**
 * Why set-up cannot work here, in one line with the remedy, or null if it can.
 * @param {Facts} facts
 * @param {boolean} [download] whether libtorch still has to be downloaded, which is what needs the disk
 * @returns {string | null}
 */
export function preflight(facts, download = true) {
  const { system, machine, nodeVersion, glibcVersion, freeBytes, folder } = facts
  if (system === 'win32')
    return 'native Windows is not supported: use WSL2 (https://aka.ms/wsl) and run the set-up there'
  if (system === 'darwin' && machine === 'x64')
    return 'Intel Macs are not supported, since PyTorch no longer builds for them: use a Mac with Apple silicon or Linux'
  const platform = findPlatform(system, machine)
  if (!platform) return `${system} on ${machine} is not supported: use Linux x86-64 (untried: Linux arm64, macOS arm64)`
  if (isOlder(nodeVersion, minimumNode))
    return `Node ${nodeVersion} is too old: install Node ${minimumNode} or newer (https://nodejs.org)`
  if (system === 'linux' && glibcVersion === null)
    return 'this Linux uses musl, for which PyTorch has no builds: use a distribution with glibc, such as Debian or Ubuntu'
  if (platform.minimumGlibc && glibcVersion !== null && isOlder(glibcVersion, platform.minimumGlibc))
    return `glibc ${glibcVersion} is too old: use a distribution with glibc ${platform.minimumGlibc} or newer, such as Debian 10, Ubuntu 20.04 or RHEL 8`
  if (download && freeBytes < minimumFreeBytes)
    return `${folder} has ${(freeBytes / 1e9).toFixed(1)} GB free, set-up needs ${minimumFreeBytes / 1e9} GB: free some space or name another folder in REWARDKIT_HOME`
  return null
}

/**
 * What `preflight` judges, read from this machine. Runs nothing.
 * @param {string} folder where libtorch goes; need not exist yet
 * @returns {Facts}
 */
export function readFacts(folder) {
  const disk = statfsSync(nearestExisting(folder))
  return {
    system: process.platform,
    machine: process.arch,
    nodeVersion: process.versions.node,
    glibcVersion: readGlibcVersion(),
    freeBytes: disk.bavail * disk.bsize,
    folder,
  }
}

function readGlibcVersion() {
  if (process.platform !== 'linux') return null
  // Otherwise the report looks up the host name of every open connection.
  Object.assign(process.report, { excludeNetwork: true })
  /** @type {{ header?: { glibcVersionRuntime?: string } }} */
  const report = process.report.getReport()
  return report.header?.glibcVersionRuntime ?? null
}

/** @param {string} folder */
function nearestExisting(folder) {
  let existing = resolve(folder)
  while (!existsSync(existing)) existing = dirname(existing)
  return existing
}

/**
 * Compares dotted versions number by number.
 * @param {string} version
 * @param {string} minimum
 */
export function isOlder(version, minimum) {
  const found = version.split('.').map((part) => Number.parseInt(part, 10))
  const needed = minimum.split('.').map((part) => Number.parseInt(part, 10))
  const place = needed.findIndex((part, index) => (found[index] ?? 0) !== part)
  return place >= 0 && (found[place] ?? 0) < (needed[place] ?? 0)
}
