import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { basename, join } from 'node:path'
import type { Compiler } from './compiler.ts'
import { SetupError } from './errors.ts'
import { makeFolder, nativeSources } from './folders.mjs'
import { type Libtorch, proveLibraries } from './libtorch.ts'
import type { Platform } from './platform.mjs'
import { run } from './run.ts'

const require = createRequire(import.meta.url)
const addonName = 'rewardkit_torch.node'

/** Everything that decides about the addon's bytes. */
export interface AddonInputs {
  sources: readonly { name: string; text: string }[]
  platform: string
  nodeMajor: string
  /** With the local part, such as `2.15.0+cpu`. */
  torchVersion: string
  compiler: string
}

/** A name for the addon that these inputs give. */
export function addonKey(inputs: AddonInputs): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 16)
}

export function readSources(): AddonInputs['sources'] {
  return nativeSources().map((file) => ({ name: basename(file), text: readFileSync(file, 'utf8') }))
}

/**
 * Compiles the addon into `<cache>/addon/<key>/` unless it is there, and returns the file. Built beside its place under
 * a temporary name, so that a half-built addon is never found.
 * @throws SetupError with the compiler's first error
 */
export async function buildAddon(
  cache: string,
  platform: Platform,
  libtorch: Libtorch,
  compiler: Compiler,
  log: (line: string) => void,
): Promise<string> {
  const key = addonKey({
    sources: readSources(),
    platform: platform.name,
    nodeMajor: process.versions.node.split('.')[0] ?? '',
    torchVersion: libtorch.version,
    compiler: `${compiler.family} ${compiler.version}`,
  })
  const folder = join(cache, 'addon', key)
  const file = join(folder, addonName)
  if (existsSync(file)) return file

  log(`compiling the addon with ${compiler.family} ${compiler.version} (under a minute) into ${folder}`)
  const building = join(cache, 'addon', `${key}.${randomUUID()}`)
  makeFolder(building)
  try {
    await compile(building, platform, libtorch, compiler)
    const problem = await proveLibraries(libtorch.folder, platform.libraries, join(building, addonName))
    if (problem) throw new SetupError(`the compiled addon does not load (${problem}): try another compiler through CXX`)
    renameSync(building, folder)
  } catch (error) {
    if (!existsSync(file)) throw error
  } finally {
    rmSync(building, { recursive: true, force: true })
  }
  return file
}

async function compile(building: string, platform: Platform, libtorch: Libtorch, compiler: Compiler): Promise<void> {
  const [program, ...leading] = compiler.command
  const include = join(libtorch.folder, 'include')
  const includes = [nodeHeaders(), include, join(include, 'torch', 'csrc', 'api', 'include')]
  const flags = [...platform.compileFlags, ...includes.flatMap((folder) => ['-isystem', folder])]
  const sources = nativeSources().filter((file) => file.endsWith('.cc'))
  const objects = sources.map((file) => join(building, `${basename(file)}.o`))

  const waiting = sources.map((source, index) => [...flags, '-c', source, '-o', objects[index] ?? ''])
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let job = waiting.shift(); job; job = waiting.shift())
      await runCompiler(program, [...leading, ...job], building)
  })
  await Promise.all(workers)

  const libraries = ['-L', join(libtorch.folder, 'lib'), '-ltorch_cpu', '-lc10']
  const output = join(building, addonName)
  await runCompiler(program, [...leading, ...platform.linkFlags, ...objects, ...libraries, '-o', output], building)
  for (const object of objects) rmSync(object)
}

async function runCompiler(program: string, programArguments: readonly string[], building: string): Promise<void> {
  const { code, stderr } = await run(program, programArguments, { environment: { ...process.env, LC_ALL: 'C' } })
  if (code === 0) return
  const record = join(building, '..', 'compile-error.txt')
  writeFileSync(record, [`${program} ${programArguments.join(' ')}`, stderr].join('\n'))
  const lines = stderr.split('\n')
  if (lines.some((line) => line.includes('No space left on device')))
    throw new SetupError(
      `the disk is full while compiling the addon into ${building}: free some space and run the set-up again`,
    )
  const first = lines.find((line) => /error|undefined|cannot/i.test(line)) ?? lines[0] ?? 'no message'
  throw new SetupError(
    `the addon does not compile: ${first.trim()} (all of it in ${record}); try another compiler through CXX`,
  )
}

function nodeHeaders(): string {
  const headers: unknown = require('node-api-headers')
  if (
    typeof headers === 'object' &&
    headers !== null &&
    'include_dir' in headers &&
    typeof headers.include_dir === 'string'
  )
    return headers.include_dir
  throw new SetupError('the package node-api-headers names no include folder: install the npm packages again')
}
