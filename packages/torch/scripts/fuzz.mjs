// Calls everything in @rewardkit/torch with random arguments, sound and senseless, and misuses handles. It does so in a
// child process, and reports a crash or a hang with its seed and its last call. Every seed is a separate case; the same
// seed makes the same calls.
//
//   node packages/torch/scripts/fuzz.mjs [--cases 20000] [--seed 1] [--threads 2]
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
  },
})
const first = Number(values.seed)
const cases = Number(values.cases)
const longestSilence = 120_000

/**
 * @param {Record<string, string>} settings
 * @param {(line: string) => void} onLine
 * @returns {Promise<string | null>} how the child failed
 */
async function run(settings, onLine) {
  const script = fileURLToPath(new URL('fuzz-cases.mjs', import.meta.url))
  const child = spawn(process.execPath, ['--expose-gc', script, new URLSearchParams(settings).toString()], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let silent = false
  const stop = () => {
    silent = true
    child.kill('SIGKILL')
  }
  let timer = setTimeout(stop, longestSilence)
  createInterface(child.stdout).on('line', (line) => {
    clearTimeout(timer)
    timer = setTimeout(stop, longestSilence)
    onLine(line)
  })
  const end = await new Promise(
    /** @param {(end: string) => void} settle */ (settle) =>
      child.on('close', (code, signal) => settle(signal ?? `code ${code}`)),
  )
  clearTimeout(timer)
  if (silent) return `nothing happened for ${longestSilence / 1000} s`
  return end === 'code 0' ? null : `the process ended with ${end}`
}

const begun = performance.now()
/** The case that each thread was at. @type {Map<string, string>} */
const current = new Map()
let summary = ''
const failure = await run({ first: `${first}`, cases: `${cases}`, threads: values.threads }, (line) => {
  const [what = '', thread = '', seed = ''] = line.split(' ')
  if (what === 'case') current.set(thread, seed)
  else summary = line
})
const seconds = ((performance.now() - begun) / 1000).toFixed(0)
if (failure === null) console.log(`${cases} cases from seed ${first} in ${seconds} s: no crash, no hang; ${summary}`)
else {
  process.exitCode = 1
  console.error(`${failure} after ${seconds} s, at the seeds ${[...current.values()].join(' and ')}`)
  for (const seed of current.values()) {
    let lastCall = 'none'
    const again = await run({ first: seed, cases: '1', threads: '1', trace: 'yes' }, (line) => (lastCall = line))
    console.error(`seed ${seed} alone: ${again === null ? 'passes' : `${again}; last call: ${lastCall}`}`)
  }
}
