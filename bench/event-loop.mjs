// Measures how long a program's event loop is blocked while a reward model scores in its own thread. It scores 64
// conversations of about 500 tokens; Node measures the delays.
//
//   node bench/event-loop.mjs --model MODEL [--tokens 500] [--conversations 64]
//
// MODEL is a reward model's folder or a run.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { RewardModel } from '../packages/rewardkit/dist/index.js'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    tokens: { type: 'string', default: '500' },
    conversations: { type: 'string', default: '64' },
  },
})
if (values.model === undefined) throw new Error('--model MODEL is missing')

// A common word with its space is one token in most vocabularies.
const text = (/** @type {number} */ words) =>
  Array.from({ length: words }, (_, i) => (i % 2 ? 'time' : 'people')).join(' ')
const quarter = Math.round(Number(values.tokens) / 4)
const items = Array.from({ length: Number(values.conversations) }, (_, i) => ({
  prompt: [
    { role: 'user', content: `${i} ${text(quarter)}` },
    { role: 'assistant', content: text(quarter) },
    { role: 'user', content: text(quarter) },
  ],
  response: text(quarter),
}))

const model = await RewardModel.load(values.model)
const delays = monitorEventLoopDelay({ resolution: 1 })
delays.enable()
const start = performance.now()
const rewards = await Promise.all(items.map((item) => model.score([item])))
const seconds = (performance.now() - start) / 1000
delays.disable()

const milliseconds = (/** @type {number} */ nanoseconds) => (nanoseconds / 1e6).toFixed(1)
console.log(`${rewards.length} conversations of some ${values.tokens} tokens scored in ${seconds.toFixed(1)} s`)
console.log(
  `event loop delay: median ${milliseconds(delays.percentile(50))} ms, p99 ${milliseconds(delays.percentile(99))} ms, ` +
    `longest ${milliseconds(delays.max)} ms (a timer of 1 ms included)`,
)
await model.close()
