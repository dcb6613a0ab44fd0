// Compares the first steps of a run with an independent plain PyTorch loop over the same ids, order, weights, head and
// schedule (plain_loop.py). Fails where a loss, gradient norm or batch margin differs by more than 1e-3.
//
//   node bench/plain-loop.mjs RUN [--steps 5] [--python .peers/bin/python]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { at } from '../packages/rewardkit/dist/at.js'
import { silentHooks } from '../packages/rewardkit/dist/events.js'
import { loadRewardNetwork, modelFolder } from '../packages/rewardkit/dist/models/index.js'
import { createObjective } from '../packages/rewardkit/dist/objectives/index.js'
import { createSpool, loadTokenizer } from '../packages/rewardkit/dist/tokens/index.js'
import { planSteps } from '../packages/rewardkit/dist/train/batches.js'
import { loadTrainingData } from '../packages/rewardkit/dist/train/training-data.js'
import { trainOptionsSchema } from '../packages/rewardkit/dist/train/train-options.js'
import { learningRateAt } from '../packages/rewardkit/dist/train/schedule.js'

const tolerance = 1e-3
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { steps: { type: 'string', default: '5' }, python: { type: 'string', default: '.peers/bin/python' } },
})
const run = positionals[0]
if (!run) throw new Error('usage: node bench/plain-loop.mjs RUN [--steps 5] [--python PYTHON]')
const steps = Number(values.steps)

const config = Object.entries(parse(readFileSync(join(run, 'config.yaml'), 'utf8')))
const camel = (/** @type {string} */ name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
const parsed = trainOptionsSchema.parse(Object.fromEntries(config.map(([name, value]) => [camel(name), value])))
const options = { ...parsed, maxLength: parsed.maxLength ?? 2048 }
const tokenizer = await loadTokenizer(modelFolder(options.model))
const objective = createObjective(options.objective, options)
const spool = createSpool(run)
const data = await loadTrainingData(options, objective, tokenizer, spool, silentHooks)
const plan = planSteps(data.groups.preferenceCounts, options)
const model = loadRewardNetwork(modelFolder(options.model), { seed: options.seed, reading: options })
const head = model.parameters[model.names.indexOf('score.weight')]
if (!head) throw new Error('the model has no head')
const rates = plan
  .slice(0, steps)
  .map((_, step) =>
    learningRateAt(
      { ...options, kind: options.schedule, warmupSteps: options.warmupSteps ?? 0, totalSteps: plan.length },
      step,
    ),
  )
if (rates.some((rate) => rate !== rates[0]))
  throw new Error('the plain loop knows the constant schedule without warm-up alone')

const batches = plan.slice(0, steps).map(({ groups }) =>
  data.groups.read(groups).flatMap(({ tokens: { prefix, branches, branchOf }, preferences }) =>
    preferences.map(({ chosen, rejected }) => ({
      chosen: [...prefix, ...at(branches, at(branchOf, chosen))],
      rejected: [...prefix, ...at(branches, at(branchOf, rejected))],
    })),
  ),
)
spool.close()
const folder = mkdtempSync(join(tmpdir(), 'plain-loop-'))
const input = join(folder, 'batches.json')
writeFileSync(
  input,
  JSON.stringify({
    model: resolve(modelFolder(options.model)),
    objective: options.objective,
    head: [...head.float32()],
    threads: options.threads ?? 2,
    learning_rate: rates[0],
    adam_betas: options.adamBetas,
    adam_epsilon: options.adamEpsilon,
    weight_decay: options.weightDecay,
    max_grad_norm: options.maxGradNorm,
    batches,
  }),
)
const output = execFileSync(values.python, [join(import.meta.dirname, 'plain_loop.py'), input], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
})
rmSync(folder, { recursive: true })

const theirs = /** @type {{ loss: number, gradient_norm: number, mu: number, seconds: number }[]} */ (
  JSON.parse(output)
)
const ours = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))
  .filter((line) => line.kind === 'step')
let largest = 0
for (const [i, plain] of theirs.entries()) {
  const line = ours[i]
  const mu = line.batch_margin ?? line.reward_margin_mean
  const differences = [line.objective_loss - plain.loss, line.gradient_norm - plain.gradient_norm, mu - plain.mu].map(
    Math.abs,
  )
  largest = Math.max(largest, ...differences)
  console.log(
    `step ${i + 1}: loss ${line.objective_loss.toFixed(6)} / ${plain.loss.toFixed(6)}, gradient norm ${line.gradient_norm.toFixed(5)} / ${plain.gradient_norm.toFixed(5)}, mu ${mu.toFixed(6)} / ${plain.mu.toFixed(6)}, seconds ${line.seconds.toFixed(1)} / ${plain.seconds.toFixed(1)}`,
  )
}
console.log(`largest difference ${largest.toExponential(2)} (RewardKit / plain PyTorch; allowed ${tolerance})`)
process.exitCode = largest <= tolerance ? 0 : 1
