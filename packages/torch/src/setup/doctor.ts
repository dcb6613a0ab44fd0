import { readFileSync } from 'node:fs'
import { arch, availableParallelism, cpus, totalmem } from 'node:os'
import { findCompiler } from './compiler.ts'
import { cacheFolder } from './folders.mjs'
import { proveLibraries } from './libtorch.ts'
import { findPip } from './pip.ts'
import { findPlatform, minimumFreeBytes, minimumNode, isOlder, preflight, readFacts } from './platform.mjs'
import { readRecord } from './record.ts'
import { run } from './run.ts'
import { libtorchVersions } from './versions.mjs'

/** One thing that was looked at: what was found, and where it is not as it should be, why and what to do. */
export interface DoctorCheck {
  name: string
  ok: boolean
  found: string
  problem?: string
}

export interface DoctorReport {
  schema_version: 1
  /** Whether everything that running needs is in order. */
  ok: boolean
  checks: DoctorCheck[]
  cpu: { model: string; threads: number; features: string[] }
  memory: { total_bytes: number; available_bytes: number; limit_bytes: number | null }
}

/** The instructions that decide about libtorch's kernels and about bfloat16. */
const notableFeatures = 'avx2 avx512f avx512_vnni avx512_bf16 amx_tile amx_bf16 asimd sve bf16 i8mm'.split(' ')

/** Which of the notable instructions this machine's CPU has, by Linux's names; empty where Linux does not tell. */
export function cpuFeatures(): string[] {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
    const flags = new Set(line.trim().split(/\s+/))
    return notableFeatures.filter((feature) => flags.has(feature))
  } catch {
    return []
  }
}

/** Looks at everything that set-up and running depend on; changes nothing. Every value can be written as JSON. */
export async function doctorReport(): Promise<DoctorReport> {
  const cache = cacheFolder()
  const { location, problem: notSetUp } = readRecord(cache)
  const facts = readFacts(cache)
  const platform = findPlatform()
  const refusal = preflight(facts, false)
  const limit = process.constrainedMemory()

  const loads =
    location && platform && (await proveLibraries(location.libtorchFolder, platform.libraries, location.addonFile))
  const needsDisk = !location && facts.freeBytes < minimumFreeBytes
  const node = process.versions.node
  const checks: DoctorCheck[] = [
    check(
      'platform',
      `${platform?.name ?? `${facts.system} ${arch()}`}${platform?.tried ? '' : ' (untried)'}`,
      refusal,
    ),
    check('node', node, isOlder(node, minimumNode) ? `install Node ${minimumNode} or newer` : null),
    ...(facts.glibcVersion ? [check('glibc', facts.glibcVersion, null)] : []),
    check(
      'disk',
      `${gigabytes(facts.freeBytes)} free in ${cache}`,
      needsDisk
        ? `set-up needs ${gigabytes(minimumFreeBytes)}: free some space or name another folder in REWARDKIT_HOME`
        : null,
    ),
    await attempt('compiler', async () => {
      const { command, family, version } = await findCompiler()
      return `${command.join(' ')} (${family} ${version})`
    }),
    await attempt('pip', async () => {
      const { command, version } = await findPip()
      return `${command.join(' ')} ${version} (${await pythonVersion()})`
    }),
    check(
      'libtorch',
      location
        ? `${location.torchVersion} in ${location.libtorchFolder}`
        : `not set up (${libtorchVersions[0]} is wanted)`,
      notSetUp ? `${notSetUp}: run npx rewardkit setup` : null,
    ),
    check(
      'addon',
      location ? location.addonFile : 'not set up',
      loads ? `it does not load (${loads}): run rewardkit setup --remove, then rewardkit setup` : null,
    ),
  ]
  return {
    schema_version: 1,
    // Set-up alone needs the compiler and pip.
    ok: checks.every(({ name, ok }) => ok || (location !== undefined && (name === 'compiler' || name === 'pip'))),
    checks,
    cpu: { model: cpus()[0]?.model ?? 'unknown', threads: availableParallelism(), features: cpuFeatures() },
    memory: {
      total_bytes: totalmem(),
      available_bytes: process.availableMemory(),
      limit_bytes: limit > 0 && limit < totalmem() ? limit : null,
    },
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`

function check(name: string, found: string, problem: string | null): DoctorCheck {
  return problem ? { name, ok: false, found, problem } : { name, ok: true, found }
}

async function attempt(name: string, look: () => Promise<string>): Promise<DoctorCheck> {
  try {
    return check(name, await look(), null)
  } catch (error) {
    return check(name, 'none', error instanceof Error ? error.message : String(error))
  }
}

async function pythonVersion(): Promise<string> {
  const { code, stdout, stderr } = await run('python3', ['--version'], { milliseconds: 10_000 })
  return code === 0 ? (stdout || stderr).trim() : 'no python3'
}
