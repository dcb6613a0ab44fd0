// Tries the packages as a stranger has them. It packs both, installs the tarballs without install scripts into an empty
// project outside the clone, and compiles and runs a program that trains ten steps and scores ten lines. Then it does
// the same with the installed command. The first command that computes has to set up: REWARDKIT_HOME is empty, and
// libtorch is that of this clone, so nothing large is downloaded.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { locateNative } from '../packages/torch/dist/setup/index.js'

/** What the stranger types in: the README's snippet, and something of each public subpath. */
const program = `
import { evaluate, RewardKitError, RewardModel, train, type PreferencePair, type StepMetrics } from 'rewardkit'
import type { Group } from 'rewardkit/data'
import { marginStatistics, wilsonInterval, type Interval } from 'rewardkit/evaluate'
import type { NewModel } from 'rewardkit/models'
import { createObjective, type Objective } from 'rewardkit/objectives'
import type { QuickstartOptions } from 'rewardkit/quickstart'
import { loadRun, type ReportRun } from 'rewardkit/reports'
import { simulate, type SimulatedPair } from 'rewardkit/simulate'
import { wordTokenizerFiles, type Tokenizer } from 'rewardkit/tokens'
import type { TrainOptions } from 'rewardkit/train'
import type { Tensor } from '@rewardkit/torch'
import { cacheFolder } from '@rewardkit/torch/setup'

export type Named = [Group, NewModel, Tokenizer, TrainOptions, Tensor, QuickstartOptions]
export const load: (folder: string) => ReportRun = loadRun
const interval: Interval = wilsonInterval(7, 10)
const objective: Objective = createObjective('adaptive-margin')
const { pairs } = simulate({ pairs: 320, noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0, seed: 0 })
const first: SimulatedPair | undefined = pairs[0]
const files: Record<string, string> = wordTokenizerFiles(['yes', 'no'])

const steps: StepMetrics[] = []
await train({
  model: 'tiny',
  objective: 'adaptive-margin',
  out: 'from-program',
  batchSize: 32,
  maxLength: 128,
  data: async function* (): AsyncGenerator<PreferencePair> {
    for (const { id, prompt, chosen, rejected } of pairs) yield { id, prompt, chosen, rejected }
  },
  onStep: (step) => steps.push(step),
})
await using model = await RewardModel.load('from-program')
const rewards: number[] = await model.score(pairs.slice(0, 10).map(({ prompt, chosen }) => ({ prompt, response: chosen })))
const { best, ranking } = await model.rank(pairs[0]!.prompt, ['I suggest spicy food.', 'I suggest mild food.'])
const refused = await evaluate({ model: 'nowhere', data: pairs, out: 'evaluation' }).catch((error: unknown) => error)

const found = [
  interval.value,
  marginStatistics([1, 2, 3]).mean,
  objective.initialState.runningMean,
  first?.chosen !== undefined,
  'tokenizer.json' in files,
  typeof cacheFolder(),
  steps.length,
  rewards.length,
  best === ranking[0],
  refused instanceof RewardKitError && refused.code,
]
console.log(JSON.stringify(found))
`
const printed = '[0.7,2,null,true,true,"string",10,10,true,"invalid-input"]\n'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-stranger-'))
/** A tiny model with its tokenizer. */
const tinyModel = join(root, 'packages/rewardkit/src/evaluate/fixtures/runs/0.1.0/model')
const environment = {
  ...process.env,
  REWARDKIT_HOME: join(folder, 'home'),
  REWARDKIT_LIBTORCH: locateNative().libtorchFolder,
}

try {
  install()
  compile('nodenext', 'nodenext')
  compile('esnext', 'bundler')
  compileGettingStarted()
  cpSync(tinyModel, join(folder, 'tiny'), { recursive: true })
  expect('the program, which sets up at first use', run(process.execPath, 'program.js').stdout, printed)
  trainAndScore()
  console.log('the packages work where they are installed')
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function install() {
  step('packing and installing')
  const packages = ['-w', 'packages/torch', '-w', 'packages/rewardkit']
  const packed = spawnSync('npm', ['pack', '--silent', ...packages, '--pack-destination', folder], { cwd: root })
  expect('the exit code of npm pack', packed.status, 0)
  const tarballs = readdirSync(folder).map((name) => `./${name}`)
  writeFileSync(join(folder, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n')
  // The newest TypeScript, as a stranger gets it.
  const tools = ['typescript@latest', `@types/node@${versionOf('@types/node')}`]
  run('npm', 'install', '--ignore-scripts', '--no-audit', '--no-fund', ...tarballs, ...tools)
}

/**
 * Compiles the program strictly, the packages' own declarations included.
 * @param {string} module
 * @param {string} moduleResolution
 */
function compile(module, moduleResolution) {
  step(`compiling under ${moduleResolution}`)
  const compilerOptions = { module, moduleResolution, target: 'es2023', lib: ['es2023', 'esnext.disposable'] }
  const strictly = { strict: true, exactOptionalPropertyTypes: true, skipLibCheck: false, types: ['node'] }
  const config = { compilerOptions: { ...compilerOptions, ...strictly }, files: ['program.ts'] }
  writeFileSync(join(folder, 'program.ts'), program)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  run('npx', '--no-install', 'tsc')
}

/** Compiles the programs of docs/getting-started.md with its tsconfig.json, as printed; the server needs other packages. */
function compileGettingStarted() {
  step('compiling the programs of docs/getting-started.md')
  const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8')
  const [, config = ''] = /^`tsconfig\.json`.*?^```json\n(.*?)^```/ms.exec(page) ?? []
  const programs = [...page.matchAll(/^```ts\n\/\/ ((?:train|rank)\.ts)\n(.*?)^```/gms)]
  expect('the programs', programs.map(([, name]) => name).join(' '), 'train.ts rank.ts')
  for (const [, name = '', text = ''] of programs) writeFileSync(join(folder, name), text)
  const files = programs.map(([, name]) => name)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...JSON.parse(config), files }))
  run('npx', '--no-install', 'tsc', '--noEmit')
}

function trainAndScore() {
  step('training ten steps and scoring ten lines with the command')
  rewardkit('simulate --pairs 320 --out pairs.jsonl')
  rewardkit('train --model tiny --data pairs.jsonl --batch-size 32 --max-length 128 --out run')
  expect('the steps', readLines('run/metrics.jsonl').filter((line) => line.includes('"kind":"step"')).length, 10)

  writeFileSync(join(folder, 'ten.jsonl'), readLines('pairs.jsonl').slice(0, 10).join('\n'))
  rewardkit('score --model run --data ten.jsonl --out scored.jsonl')
  expect('the scored lines', readLines('scored.jsonl').filter((line) => line.includes('reward"')).length, 10)
}

/** Runs the installed command. */
function rewardkit(/** @type {string} */ line) {
  return run('npx', '--no-install', 'rewardkit', ...line.split(' '))
}

/** Runs a program in the stranger's project; throws what it said where it fails. */
function run(/** @type {string} */ command, /** @type {string[]} */ ...words) {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: folder, encoding: 'utf8', env: environment })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')} failed:\n${stdout}${stderr}`)
  return { stdout, stderr }
}

/** @type {(what: string, found: unknown, expected: unknown) => void} */
function expect(what, found, expected) {
  if (found !== expected) throw new Error(`${what}: found ${String(found)}, expected ${String(expected)}`)
}

function readLines(/** @type {string} */ name) {
  return readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
}

/** The version of a package that this clone uses. */
function versionOf(/** @type {string} */ name) {
  const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return /"version": "(.+?)"/.exec(manifest)?.[1] ?? 'latest'
}

function step(/** @type {string} */ what) {
  console.log(`== ${what} (${performance.now().toFixed(0)} ms)`)
}
