// Measures how long `rewardkit evaluate --rewards` takes on a large file, and how much memory. Rewards are made up: five
// pairs a prompt, four subsets, annotated margins, lengths. Fails above 60 s of processor time or 2 GB.
//
//   node bench/million-rewards.mjs [--pairs 1000000] [--kind jsonl|parquet]
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createRandom } from '../packages/rewardkit/dist/random.js'
import { createRowWriter } from '../packages/rewardkit/dist/data/sources/write-rows.js'

const command = join(import.meta.dirname, '../packages/rewardkit/dist/cli/main.js')
const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '1000000' }, kind: { type: 'string', default: 'jsonl' } },
})
const folder = mkdtempSync(join(tmpdir(), 'million-rewards-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const file = join(folder, `rewards.${values.kind}`)
const pairs = Number(values.pairs)
const random = createRandom(0, 'rewards')
const writer = createRowWriter(file)
for (let pair = 0; pair < pairs; pair++)
  await writer.write({
    id: `pair-${pair}`,
    prompt_id: `prompt-${Math.floor(pair / 5)}`,
    subset: ['chat', 'code', 'math', 'safety'][pair % 4],
    chosen_reward: random.normal() + 1,
    rejected_reward: random.normal(),
    annotated_margin: 1 + (pair % 3),
  })
await writer.commit()

// A process of its own, whose peak is its alone; it reports it as it ends.
const program = `
  process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
    process.stderr.write(JSON.stringify({ memory: maxRSS * 1024, seconds: (userCPUTime + systemCPUTime) / 1e6 }))
  })
  await import(process.argv[1])`
const start = performance.now()
const words = ['evaluate', '--rewards', file, '--out', join(folder, 'evaluation')]
const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program, command, ...words], {
  encoding: 'utf8',
})
const { memory, seconds } = JSON.parse(stderr.slice(stderr.lastIndexOf('{')))
const wall = (performance.now() - start) / 1000
console.log(
  `${pairs} pairs of ${values.kind}: ${seconds.toFixed(0)} s of processor time (${wall.toFixed(0)} s in all), ${(memory / 1e6).toFixed(0)} MB`,
)
process.exitCode = status === 0 && seconds < 60 && memory < 2e9 ? 0 : 1
