// Changes the source in one place at a time and asks whether a test notices. Fails if fewer than 90 % of a file's
// mutants are killed. Also fails if a survivor is not in docs/mutations.md, which says why no test can notice it.
//
//   npm run test:mutation -- [GROUP ...] [--force]
//
// --force also tries mutants that an earlier run has answered.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Stryker } from '@stryker-mutator/core'
import { groups } from './groups.mjs'
import { mutateNumbers } from './numbers.mjs'
import { report } from './report.mjs'

const names = process.argv.slice(2).filter((word) => word !== '--force')
const unknown = names.filter((name) => !groups.some((group) => group.name === name))
if (unknown.length > 0) {
  const known = groups.map(({ name }) => name).join(', ')
  console.error(`mutation: found ${unknown.join(', ')}, expected some of ${known}`)
  process.exit(2)
}

process.chdir(fileURLToPath(new URL('../..', import.meta.url)))
mkdirSync('.cache/mutation', { recursive: true })
await mutateNumbers()
const mutants = []
for (const group of groups)
  if (names.length === 0 || names.includes(group.name)) mutants.push(...(await mutantsOf(group)))
const wrong = report(mutants)
for (const line of wrong) console.error(line)
process.exitCode = wrong.length > 0 ? 1 : 0

/**
 * Runs a group, and takes from its last run what has not changed since: neither the mutant nor the tests.
 * @param {typeof groups[number]} group
 * @returns {Promise<import('./report.mjs').Mutant[]>}
 */
function mutantsOf({ name, mutate, tests }) {
  const answers = `.cache/mutation/${name}.json`
  forgetStatic(answers)
  process.env['MUTATION_TESTS'] = tests.join(' ')
  return new Stryker({
    mutate,
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { configFile: 'tools/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency: Math.min(2, availableParallelism()), // every process loads libtorch
    incremental: true,
    incrementalFile: answers,
    force: process.argv.includes('--force'),
    tempDirName: '.cache/mutation/sandbox',
    ignorePatterns: ['.*', 'docs', 'bench', 'examples', 'runs', '**/dist', 'tools/mutation/node_modules'],
    reporters: ['progress-append-only'],
    allowConsoleColors: false,
  }).runMutationTest()
}

/**
 * Stryker does not know which tests reach code that runs on import. It would keep the answers for that code when tests
 * change, so they are forgotten.
 * @param {string} file
 */
function forgetStatic(file) {
  if (!existsSync(file)) return
  const answers = JSON.parse(readFileSync(file, 'utf8'))
  for (const source of Object.values(answers.files)) source.mutants = source.mutants.filter((mutant) => !mutant.static)
  writeFileSync(file, JSON.stringify(answers))
}
