// Trains a small attention layer on rows of changing length in several processes. Each has another start layout (the
// size of the environment, and what address randomisation draws). Prints resident memory after some steps and at the
// end. Memory that fragments grows in some layouts and not in others.
//
//   node bench/resident-memory.mjs [--layouts 20] [--steps 1000]
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import {
  adamWStep,
  backward,
  createAdamW,
  manualSeed,
  memoryStatistics,
  noGradient,
  ops,
  scope,
  setThreads,
} from '../packages/torch/dist/index.js'

const { values } = parseArgs({
  options: {
    layouts: { type: 'string', default: '20' },
    steps: { type: 'string', default: '1000' },
    child: { type: 'boolean', default: false },
  },
})
const steps = Number(values.steps)
const settled = Math.ceil(steps / 5)

if (values.child) console.log(JSON.stringify(train()))
else {
  console.log(
    'layout | resident MiB after %d steps | after %d | growth | native bytes after 10 | after %d',
    settled,
    steps,
    steps,
  )
  const growths = []
  for (let layout = 0; layout < Number(values.layouts); layout++) {
    const output = execFileSync(
      process.execPath,
      [fileURLToPath(import.meta.url), '--child', '--steps', values.steps],
      {
        env: { ...process.env, PADDING: 'x'.repeat(layout * 1009) },
        encoding: 'utf8',
      },
    )
    /** @type {ReturnType<typeof train>} */
    const { early, late, bytes10, bytes } = JSON.parse(output)
    growths.push(late - early)
    console.log(
      [layout, early, late, late - early, bytes10, bytes].map((value) => value.toFixed(0).padStart(8)).join(' | '),
    )
  }
  console.log('largest growth: %d MiB', Math.max(...growths).toFixed(0))
}

function train() {
  setThreads(1)
  manualSeed(1)
  const width = 256
  const make = (/** @type {number[]} */ shape) =>
    ops.normal_(ops.empty(shape, { dtype: 'float32' }), { std: 0.05 }).setRequiresGradient(true)
  const [query, key, value, up, down] = [
    make([width, width]),
    make([width, width]),
    make([width, width]),
    make([4 * width, width]),
    make([width, 4 * width]),
  ]
  const parameters = [query, key, value, up, down]
  const state = createAdamW(parameters)
  const options = { learningRate: 1e-4, betas: /** @type {const} */ ([0.9, 0.999]), epsilon: 1e-8, weightDecay: 0 }
  const resident = () => process.memoryUsage().rss / 2 ** 20
  let [early, bytes10] = [0, 0]
  for (let step = 1; step <= steps; step++) {
    // Lengths from 20 to 519 in an order without a pattern.
    const length = 20 + ((step * 7919) % 500)
    scope(() => {
      const x = ops.normal_(ops.empty([length, width], { dtype: 'float32' }))
      const heads = (/** @type {import('../packages/torch/dist/index.js').Tensor} */ weight) =>
        ops.transpose(ops.view(ops.linear(x, weight), [1, length, 4, width / 4]), 1, 2)
      const attended = ops.scaled_dot_product_attention(heads(query), heads(key), heads(value), { is_causal: true })
      const joined = ops.reshape(ops.transpose(attended, 1, 2), [length, width])
      const out = ops.linear(ops.silu(ops.linear(joined, up)), down)
      backward([ops.mean_dim(ops.mul(out, out), [0, 1])], [ops.ones([], { dtype: 'float32' })])
      const gradients = parameters.flatMap(({ gradient }) => gradient ?? [])
      noGradient(() => adamWStep(parameters, gradients, state, options))
      for (const parameter of parameters) parameter.gradient = null
    })
    if (step === 10) bytes10 = memoryStatistics().bytes
    if (step === settled) early = resident()
  }
  return { early, late: resident(), bytes10, bytes: memoryStatistics().bytes }
}
