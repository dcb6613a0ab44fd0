import { SetupError } from './errors.ts'
import { run } from './run.ts'

export interface Compiler {
  /** The program and its leading arguments. */
  command: readonly [string, ...string[]]
  family: 'g++' | 'clang++'
  version: string
}

/** What `command --version` prints, or null where it cannot be run. */
export type AskVersion = (command: readonly [string, ...string[]]) => Promise<string | null>

const oldestGcc = 12
const newestGcc = 14
const oldestClang = 15

const candidates = [
  'g++-14',
  'g++-13',
  'g++-12',
  'g++',
  'clang++',
  ...Array.from({ length: 10 }, (_, index) => `clang++-${24 - index}`),
]

/**
 * The compiler for the addon: $CXX unchanged, else the first of g++ 14 to 12 and clang++ 15 or newer.
 * @throws SetupError where none is found, with what was found instead
 */
export async function findCompiler(
  environment: NodeJS.ProcessEnv = process.env,
  ask: AskVersion = askVersion,
): Promise<Compiler> {
  const named = environment['CXX']?.trim()
  if (named) {
    const compiler = await identify(named, ask)
    if (compiler) return compiler
    throw new SetupError(`CXX names ${named}, which is not a working compiler: correct CXX or unset it`)
  }
  const unsuitable: string[] = []
  for (const name of candidates) {
    const compiler = await identify(name, ask)
    if (compiler && isSuitable(compiler)) return compiler
    if (compiler) unsuitable.push(`${name} is ${compiler.family} ${compiler.version}`)
  }
  const found = unsuitable.length > 0 ? ` (${unsuitable.join(', ')})` : ''
  throw new SetupError(
    `no C++ compiler found that can build the addon${found}: install g++ 12 to 14 (Debian and Ubuntu: apt install g++) or clang++ 15 or newer, or name one in CXX`,
  )
}

function isSuitable({ family, version }: Compiler): boolean {
  const major = Number.parseInt(version, 10)
  return family === 'g++' ? major >= oldestGcc && major <= newestGcc : major >= oldestClang
}

async function identify(name: string, ask: AskVersion): Promise<Compiler | null> {
  const [program = '', ...leading] = name.split(/\s+/)
  const command = [program, ...leading] as const
  const banner = await ask(command)
  return banner === null ? null : parseBanner(command, banner)
}

/** The first line names compiler and version; distributions add their own numbers in parentheses. */
function parseBanner(command: Compiler['command'], banner: string): Compiler | null {
  const line = banner.split('\n')[0] ?? ''
  const family = line.includes('clang') ? 'clang++' : /[gc]\+\+|gcc/i.test(line) ? 'g++' : null
  const version = /\d+\.\d+(\.\d+)?/.exec(line.replaceAll(/\([^)]*\)/g, ''))?.[0]
  return family && version ? { command, family, version } : null
}

async function askVersion([program, ...leading]: readonly [string, ...string[]]): Promise<string | null> {
  const { code, stdout } = await run(program, [...leading, '--version'], { milliseconds: 10_000 })
  return code === 0 ? stdout : null
}
