// Measures how resident memory grows with the data. It trains two steps on a short and on a long file of pairs, each
// line with its own prompt, and compares the peaks. Fails if the long file takes more than 300 MB more.
//
//   node bench/long-data.mjs [--lines 1000000]
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createSimulationModel } from '../packages/rewardkit/dist/quickstart/index.js'
import { simulate } from '../packages/rewardkit/dist/simulate/index.js'

const command = join(import.meta.dirname, '../packages/rewardkit/dist/cli/main.js')
const allowed = 300e6
const { values } = parseArgs({ options: { lines: { type: 'string', default: '1000000' } } })
const folder = mkdtempSync(join(tmpdir(), 'long-data-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const model = join(folder, 'model')
createSimulationModel(model, { initializerRange: 0.1 })

/** Writes `lines` pairs, a thousand at a time. */
function writePairs(/** @type {string} */ path, /** @type {number} */ lines) {
  for (let done = 0; done < lines; done += 1000) {
    const settings = { noise: 'flip:0.1', lengthBias: 0, gradeNoise: 0.5, seed: done }
    const { pairs } = simulate({ pairs: Math.min(1000, lines - done), ...settings })
    const text = pairs.map((pair) => `${JSON.stringify({ ...pair, prompt: `${pair.prompt} ${pair.id}` })}\n`)
    appendFileSync(path, text.join(''))
  }
}

/** Peak resident memory of a run of two steps, in bytes, and its seconds. */
function measure(/** @type {number} */ lines) {
  const data = join(folder, `${lines}.jsonl`)
  const out = join(folder, `run-${lines}`)
  writePairs(data, lines)
  const options = ['--model', model, '--data', data, '--out', out, '--dtype', 'float32', '--max-steps', '2']
  // As many pairs to evaluate in both runs.
  const heldOut = ['--eval-fraction', String(500 / lines)]
  const start = performance.now()
  const { status } = spawnSync(process.execPath, [command, 'train', ...options, ...heldOut], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error(`the run on ${lines} lines ended with ${status}`)
  const metrics = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n')
  const peaks = metrics.map((line) => JSON.parse(line).peak_memory ?? 0)
  return { memory: Math.max(...peaks), seconds: (performance.now() - start) / 1000 }
}

const lengths = [1000, Number(values.lines)]
const [short, long] = lengths.map((lines) => {
  const { memory, seconds } = measure(lines)
  console.log(`${lines} lines: ${(memory / 1e6).toFixed(0)} MB, ${seconds.toFixed(0)} s`)
  return memory
})
const growth = (long ?? NaN) - (short ?? NaN)
console.log(`growth ${(growth / 1e6).toFixed(0)} MB (allowed ${allowed / 1e6})`)
process.exitCode = growth <= allowed ? 0 : 1
