// Runs the command on small inputs from real users' situations, and checks the output:
//
//   node scripts/check-cases.mjs FOLDER [WORD]
//
// FOLDER holds the inputs, `models/` and `tables/`. With WORD, only checks whose arguments contain it are made.
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { casesToCheck } from './cases.mjs'

const [folder = '', word = ''] = process.argv.slice(2)
const program = join(import.meta.dirname, '../packages/rewardkit/bin/rewardkit.mjs')
const work = mkdtempSync(join(tmpdir(), 'rewardkit-cases-'))
const checks = casesToCheck.filter(({ args }) => args.includes(word))
const waiting = [...checks.entries()]
let failed = 0
try {
  await Promise.all([worker(), worker()])
} finally {
  rmSync(work, { recursive: true })
}
if (checks.length === 0) throw new Error('no case to check')
console.log(`${checks.length - failed} of ${checks.length} cases came out as they must`)
process.exitCode = failed === 0 ? 0 : 1

async function worker() {
  for (let next = waiting.shift(); next; next = waiting.shift()) await check(...next)
}

/**
 * @param {number} index
 * @param {import('./cases.mjs').Case} expected
 */
async function check(index, { args, code = 0, says = [], silentOn = [], writes = [] }) {
  const out = join(work, `${index}`)
  const words = args.split(' ').filter((text) => text !== '')
  const given = words.map((text) => text.replace('OUT', out))
  const found = await run(given)
  const written = ['', '.jsonl']
    .map((end) => `${out}${end}`)
    .find((path) => path.endsWith('.jsonl') && existsSync(path))
  const text = written === undefined ? '' : readFileSync(written, 'utf8')
  const wrong = [
    ...(found.code === code ? [] : [`exit code ${found.code}, expected ${code}`]),
    ...says.filter((pattern) => !pattern.test(found.output)).map((pattern) => `does not say ${pattern}`),
    ...silentOn.filter((pattern) => pattern.test(found.output)).map((pattern) => `says ${pattern}`),
    ...writes.filter((pattern) => !pattern.test(text)).map((pattern) => `does not write ${pattern}`),
    ...(/^\s+at .*:\d+:\d+/m.test(found.output) ? ['prints a stack trace'] : []),
  ]
  if (wrong.length === 0) return
  failed += 1
  console.error(
    `rewardkit ${args}\n  ${wrong.join('\n  ')}\n${`${found.output}\n${text}`.slice(0, 4000).replaceAll(/^/gm, '    | ')}`,
  )
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<{ code: number, output: string }>}
 */
function run(args) {
  return new Promise((done) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd: resolve(folder), timeout: 120_000 },
      (error, stdout, stderr) => {
        done({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: `${stdout}\n${stderr}` })
      },
    )
  })
}
