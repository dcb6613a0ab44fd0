import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from './errors.ts'
import { makeFolder } from './folders.mjs'
import { type Libtorch, proveLibraries } from './libtorch.ts'
import { findPip, hasOwnIndex, indexAnswers, installWheel, type Pip } from './pip.ts'
import type { Platform } from './platform.mjs'
import { libtorchVersions, readVersion } from './versions.mjs'

const cpuIndex = 'https://download.pytorch.org/whl/cpu'
const [version] = libtorchVersions

/** Where set-up installs libtorch; the folder is there only once it is complete. */
const privateFolder = (cache: string): string => join(cache, `libtorch-${version}-${process.platform}-${process.arch}`)

/** The libtorch that an earlier set-up has installed; a damaged one is taken away. */
export async function privateLibtorch(cache: string, platform: Platform): Promise<Libtorch | null> {
  const folder = join(privateFolder(cache), 'torch')
  const found = readVersion(folder)
  if (found && (await proveLibraries(folder, platform.libraries)) === null)
    return { folder, version: found, origin: 'private' }
  rmSync(privateFolder(cache), { recursive: true, force: true })
  return null
}

/**
 * Installs the pinned libtorch into the cache folder: PyTorch's CPU wheel if its index answers, else PyPI's with the
 * NVIDIA libraries without which it does not load. Keeps only what the CPU needs. It is made under a temporary name and
 * must load before it gets its own; a failure leaves nothing.
 * @throws SetupError with one line that says the remedy
 */
export async function installLibtorch(
  cache: string,
  platform: Platform,
  log: (line: string) => void,
): Promise<Libtorch> {
  const pip = await findPip()
  const folder = privateFolder(cache)
  const building = `${folder}.${randomUUID()}`
  removePartial(cache)
  makeFolder(building)
  const abandon = (): void => rmSync(building, { recursive: true, force: true })
  process.once('exit', abandon)
  try {
    await fill(pip, building, folder, platform, log)
    const problem = await proveLibraries(join(building, 'torch'), platform.libraries)
    if (problem)
      throw new SetupError(
        `the installed libtorch does not load (${problem}): run the set-up again, or name another libtorch in REWARDKIT_LIBTORCH`,
      )
    renameSync(building, folder)
  } finally {
    process.off('exit', abandon)
    abandon()
  }
  log(`libtorch takes ${(folderBytes(folder) / 1e9).toFixed(2)} GB in ${folder}`)
  const installed = join(folder, 'torch')
  return { folder: installed, version: readVersion(installed) ?? version, origin: 'private' }
}

async function fill(
  pip: Pip,
  building: string,
  folder: string,
  platform: Platform,
  log: (line: string) => void,
): Promise<void> {
  const index = await chooseIndex(pip, platform)
  log(`installing libtorch ${version} from ${index ?? "pip's package index"} into ${folder}`)
  const temporaryFolder = join(building, 'tmp')
  const common = { folder: building, temporaryFolder, platform, index }
  await installWheel(pip, { ...common, requirement: `torch==${version}`, withDependencies: false }, log)
  const needsNvidia = existsSync(join(building, 'torch', 'lib', 'libtorch_cuda.so'))
  if (needsNvidia && platform.nvidia)
    await installWheel(pip, { ...common, requirement: platform.nvidia, withDependencies: true }, log)
  keepForCpu(building)
}

/**
 * The index named in REWARDKIT_TORCH_INDEX (null, pip's own, for `pypi`); else PyTorch's CPU index where it answers and
 * the user has not configured pip to use another.
 */
async function chooseIndex(pip: Pip, platform: Platform): Promise<string | null> {
  const named = process.env['REWARDKIT_TORCH_INDEX']
  if (named) return named === 'pypi' ? null : named
  if (await hasOwnIndex(pip)) return null
  return (await indexAnswers(pip, cpuIndex, 'torch', platform)) ? cpuIndex : null
}

/** Takes away the Python part and what only GPUs use; licences, headers and what libtorch_cpu needs stay. */
function keepForCpu(building: string): void {
  prune(building, /^(torch|torch\.libs|nvidia|.*\.dist-info)$/)
  prune(join(building, 'torch'), /^(lib|include|version\.py)$/)
  prune(
    join(building, 'torch', 'lib'),
    /^(?!lib(torch_cuda|torch_nvshmem|torch_python|torch_global_deps|torch\.|c10_cuda|caffe2|shm)).*\.(so|dylib)/,
  )
  const nvidia = join(building, 'nvidia')
  for (const part of listFolder(nvidia)) {
    prune(join(nvidia, part), /^lib$/)
    prune(join(nvidia, part, 'lib'), /^lib(cupti|cudart)\.so/)
  }
}

/** Deletes the entries of a folder whose names do not match. */
function prune(folder: string, keep: RegExp): void {
  for (const name of listFolder(folder)) if (!keep.test(name)) rmSync(join(folder, name), { recursive: true })
}

/** Removes what a killed set-up left. Called under the lock of the cache folder. */
function removePartial(cache: string): void {
  for (const name of listFolder(cache))
    if (/^libtorch-.*\.[0-9a-f-]{36}$/.test(name)) rmSync(join(cache, name), { recursive: true, force: true })
}

const listFolder = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

function folderBytes(folder: string): number {
  let bytes = 0
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    bytes += lstatSync(join(folder, name)).size
  return bytes
}
