import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SetupError } from './errors.ts'
import { makeFolder } from './folders.mjs'
import { isOlder, type Platform } from './platform.mjs'
import { run } from './run.ts'

/** A pip that can install wheels for other Python versions and platforms. */
export interface Pip {
  command: readonly [string, ...string[]]
  version: string
}

const oldestPip = '20.3'

/**
 * `python3 -m pip`, else `pip3`.
 * @throws SetupError where there is none, or only one that is too old
 */
export async function findPip(): Promise<Pip> {
  let tooOld: string | null = null
  for (const command of [['python3', '-m', 'pip'], ['pip3']] as const) {
    const [program, ...leading] = command
    const { code, stdout } = await run(program, [...leading, '--version'], { milliseconds: 30_000 })
    const version = code === 0 ? /^pip (\d[\d.]*)/.exec(stdout)?.[1] : undefined
    if (version && !isOlder(version, oldestPip)) return { command, version }
    if (version) tooOld = `${command.join(' ')} is version ${version}`
  }
  throw new SetupError(
    tooOld
      ? `${tooOld}, which is too old: upgrade it to ${oldestPip} or newer (python3 -m pip install --upgrade pip)`
      : 'pip is not found, and libtorch comes through it: install it (Debian and Ubuntu: apt install python3-pip) or name a folder with libtorch in REWARDKIT_LIBTORCH',
  )
}

/** pip's own settings, which would get in the way of an installation into a private folder. */
const quietly = {
  PIP_USER: '0',
  PIP_REQUIRE_VIRTUALENV: '0',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_ROOT_USER_ACTION: 'ignore',
  LC_ALL: 'C.UTF-8',
}

export interface WheelInstallation {
  requirement: string
  /** Whether to install what the requirement itself requires. */
  withDependencies: boolean
  folder: string
  /** For downloads and unpacking: on the same disk, since the system's may be small. */
  temporaryFolder: string
  platform: Platform
  /** The index to use, or null for the one of pip's own settings. */
  index: string | null
}

/**
 * Installs a wheel for the given platform into a folder, whatever Python runs pip.
 * @param log receives the download's size and progress
 * @throws SetupError with one line about what went wrong and the remedy
 */
export async function installWheel(
  pip: Pip,
  installation: WheelInstallation,
  log: (line: string) => void,
): Promise<void> {
  const { requirement, withDependencies, folder, temporaryFolder, index } = installation
  makeFolder(temporaryFolder)
  const [program, ...leading] = pip.command
  const programArguments = [
    ...leading,
    'install',
    '--target',
    folder,
    '--no-cache-dir',
    '--progress-bar',
    'off',
    ...wheelChoice(installation.platform),
    ...(withDependencies ? [] : ['--no-deps']),
    ...(index ? ['--index-url', index] : []),
    requirement,
  ]
  const progress = watchDownload(temporaryFolder, log)
  const { code, stdout, stderr } = await run(program, programArguments, {
    environment: { ...process.env, ...quietly, TMPDIR: temporaryFolder },
    onOutput: progress.read,
  })
  progress.stop()
  if (code !== 0) throw new SetupError(explainPipFailure(`${stdout}\n${stderr}`, requirement, dirname(folder)))
}

/** Whether an index has the requirement for this platform and answers within seconds. Honours pip's proxy settings. */
export async function indexAnswers(pip: Pip, index: string, name: string, platform: Platform): Promise<boolean> {
  const [program, ...leading] = pip.command
  const question = [...leading, 'index', 'versions', name, '--index-url', index, '--timeout', '5', '--retries', '0']
  const { code } = await run(program, [...question, ...wheelChoice(platform)], {
    environment: { ...process.env, ...quietly },
    milliseconds: 15_000,
  })
  return code === 0
}

/** Whether the user has configured pip to use an index of their own, a mirror for instance. */
export async function hasOwnIndex(pip: Pip): Promise<boolean> {
  const [program, ...leading] = pip.command
  const { stdout } = await run(program, [...leading, 'config', 'list'], { milliseconds: 30_000 })
  return /(^|[.:])index-url=|no-index=/m.test(stdout)
}

const wheelChoice = (platform: Platform): string[] => [
  '--only-binary=:all:',
  '--implementation',
  'cp',
  '--python-version',
  '3.12',
  ...platform.wheelTags.flatMap((tag) => ['--platform', tag]),
]

/** What pip's output means, in one line with the remedy. */
export function explainPipFailure(output: string, requirement: string, folder: string): string {
  const says = (pattern: RegExp): boolean => pattern.test(output)
  if (says(/No space left on device|Disk quota exceeded|Errno (28|122)\b/))
    return `the disk is full while installing ${requirement} into ${folder}: free about 4 GB or name another folder in REWARDKIT_HOME`
  if (says(/no such option|unrecognized arguments/))
    return `this pip is too old to install ${requirement}: upgrade it (python3 -m pip install --upgrade pip)`
  if (says(/Permission denied|Read-only file system|Errno (13|30)\b/))
    return `${folder} cannot be written: correct its permissions or name another folder in REWARDKIT_HOME`
  if (
    says(
      /DO NOT MATCH THE HASHES|IncompleteRead|Connection broken|Read timed out|BadZipFile|is invalid|Invalid wheel|ConnectionResetError|ProtocolError/i,
    ) &&
    says(/Downloading/)
  )
    return `the download of ${requirement} broke off or arrived damaged: run the set-up again`
  if (says(/ProxyError|Cannot connect to proxy|Tunnel connection failed/))
    return `the proxy does not let pip through to the index for ${requirement}: correct https_proxy or pip's proxy setting`
  if (says(/CERTIFICATE_VERIFY_FAILED|SSLError|SSLCertVerificationError/))
    return `the index for ${requirement} has a certificate that pip does not trust: name the authority's file in PIP_CERT`
  if (
    says(
      /connection broken by|connection error|NewConnectionError|Max retries exceeded|Name or service not known|Temporary failure in name resolution|Network is unreachable|Errno 111/i,
    )
  )
    return `the index for ${requirement} cannot be reached: check the network, set https_proxy, or name a mirror in PIP_INDEX_URL or REWARDKIT_TORCH_INDEX`
  if (says(/\(from versions: none\)/))
    return `the index offers no wheel of ${requirement} for this platform, or cannot be reached: check the network, or name another index in PIP_INDEX_URL or REWARDKIT_TORCH_INDEX`
  if (says(/No matching distribution found|Could not find a version/))
    return `the index offers other versions than ${requirement}: name a complete one in PIP_INDEX_URL or REWARDKIT_TORCH_INDEX`
  const errors = output.split('\n').filter((line) => /error/i.test(line))
  const last = (errors.at(-1) ?? output.trim().split('\n').at(-1) ?? '').replace(/^ERROR: /, '').trim()
  return `pip could not install ${requirement} (${last || 'it said nothing'}): correct that and run the set-up again`
}

const unitBytes: Record<string, number> = { k: 1e3, M: 1e6, G: 1e9 }

/** Reports a growing download in tenths, from the sizes that pip announces and the files that it writes. */
function watchDownload(
  folder: string,
  log: (line: string) => void,
): { read: (text: string) => void; stop: () => void } {
  const megabyte = 1e6
  const worthReporting = 50 * megabyte
  let total = 0
  let reported = 0
  const timer = setInterval(() => {
    const bytes = downloadedBytes(folder)
    if (total < worthReporting || bytes - reported < total / 10) return
    reported = bytes
    log(
      bytes >= total * 0.995
        ? '  downloaded, unpacking'
        : `  ${(bytes / megabyte).toFixed(0)} of ${(total / megabyte).toFixed(0)} MB`,
    )
  }, 500)
  return {
    read(text) {
      for (const [, file = '', size = '', unit = ''] of text.matchAll(/Downloading (\S+) \(([\d.]+) ([kMG]?)B\)/g)) {
        total = Number(size) * (unitBytes[unit] ?? 1)
        reported = 0
        log(`downloading ${file.split('/').at(-1)} (${size} ${unit}B)`)
      }
    },
    stop: () => clearInterval(timer),
  }
}

/** Bytes of the wheel that pip is writing; each wheel has its own folder. */
function downloadedBytes(folder: string): number {
  try {
    const unpacking = readdirSync(folder).filter((name) => name.startsWith('pip-unpack'))
    const files = unpacking.flatMap((name) => readdirSync(join(folder, name)).map((file) => join(folder, name, file)))
    return Math.max(0, ...files.map((file) => statSync(file).size))
  } catch {
    return 0 // a folder went away while we looked
  }
}
