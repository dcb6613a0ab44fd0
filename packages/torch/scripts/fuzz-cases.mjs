// The child process of fuzz.mjs: runs the cases and writes down each seed, with `trace` each call, before it begins.
/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-argument, typescript/no-unsafe-return,
   typescript/unbound-method, typescript/no-misused-promises -- violating types is what this file is for */
import { writeSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import * as torch from '../dist/index.js'
import { native } from '../dist/native.js'
import { parseSchema, readOperators } from './schema.mjs'

const { ops, Tensor } = torch

/** @type {Partial<Record<string, string>>} */
const settings = Object.fromEntries(new URLSearchParams(process.argv[2]))
const count = { cases: 0, calls: 0, results: 0 }

/** @param {number} seed */
function runCase(seed) {
  const random = randomOf(seed)
  torch.manualSeed(seed)
  const body = random.chance(0.6) ? callOperators : misuseHandles
  if (random.chance(0.2)) return body(random)
  torch.scope(() => body(random))
}

/**
 * Whatever is thrown must be an error: a crash or a hang is what is looked for.
 * @template T
 * @param {string} what
 * @param {() => T} call
 * @returns {T | undefined}
 */
function attempt(what, call) {
  if (settings['trace']) writeSync(1, `${what}\n`)
  count.calls++
  try {
    const result = call()
    count.results++
    return result
  } catch (error) {
    if (!(error instanceof Error)) throw new Error(`${what} threw something that is not an Error`, { cause: error })
    return undefined
  }
}

/** @param {number} seed */
function randomOf(seed) {
  let state = seed
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const integer = (/** @type {number} */ below) => Math.floor(next() * below)
  return {
    next,
    integer,
    chance: (/** @type {number} */ probability) => next() < probability,
    /** @template T @param {readonly T[]} values @returns {T} */
    pick: (values) => {
      const at = integer(values.length)
      for (const value of values.slice(at, at + 1)) return value
      throw new Error('nothing to pick from')
    },
  }
}
/** @typedef {ReturnType<typeof randomOf>} Random */

/** @param {Random} random @returns {number[]} */
const randomShape = (random) =>
  Array.from({ length: random.pick([0, 1, 1, 2, 2, 2, 3, 4, 4]) }, () =>
    random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4, 8, 17]),
  )

const dtypes = /** @type {const} */ ([
  'float32',
  'float64',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
  'float16',
  'bfloat16',
])

/** @param {Random} random @param {readonly number[]} shape */
function randomTensor(random, shape = randomShape(random)) {
  const dtype = random.chance(0.6) ? 'float32' : random.pick(dtypes)
  const elements = shape.reduce((product, size) => product * size, 1)
  const data = Float32Array.from({ length: elements }, () => random.next() * 6 - 1)
  let tensor = ops.to(torch.tensorFrom(data, shape), dtype)
  if (shape.length > 1 && random.chance(0.2)) tensor = ops.transpose(tensor, 0, -1)
  if (random.chance(0.1)) tensor = ops.expand(ops.unsqueeze(tensor, 0), [3, ...tensor.shape])
  if (dtype.includes('float') && random.chance(0.3)) tensor = ops.detach(tensor).setRequiresGradient(true)
  return random.chance(0.05) ? ops.empty(shape, { device: 'meta' }) : tensor
}

/** @param {torch.Tensor} tensor */
function shapeOf(tensor) {
  try {
    return tensor.shape
  } catch {
    return [2, 3]
  }
}

/** @type {readonly unknown[]} */
const oddities = [Symbol('s'), () => 1, new Date(), /x/, new Map(), new Proxy({}, {}), Object.create(null)]

/** What no parameter wants. @param {Random} random @param {readonly torch.Tensor[]} pool @returns {unknown} */
function garbage(random, pool) {
  const tensor = random.pick(pool)
  return random.pick([
    () => undefined,
    () => null,
    () => random.pick([NaN, Infinity, -Infinity, -0, 1.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308]),
    () => random.pick([1n, -1n, 2n ** 63n - 1n, 2n ** 64n]),
    () => random.pick(['', 'x', 'float32', 'cuda', 'meta', '__proto__', '\0', 'x'.repeat(10_000)]),
    () => random.pick(oddities),
    () => [tensor, 1, null],
    () => Object.assign([], { length: 2 ** 32 - 1 }),
    () => new Proxy(tensor, {}),
    () => new Proxy([tensor], {}),
    () => Reflect.construct(Object, [], Tensor),
    () => ({
      toString() {
        throw new Error('toString')
      },
    }),
    () => withGetter([tensor, tensor], () => random.pick(pool)),
    () =>
      withGetter([tensor, tensor], () => {
        random.pick(pool).dispose()
        return tensor
      }),
    () =>
      withGetter([1, 1], () => {
        throw new Error('a getter')
      }),
    () => new Float32Array(3),
    () => detached(),
  ])()
}

/** @param {unknown[]} list @param {() => unknown} get */
const withGetter = (list, get) => Object.defineProperty(list, list.length - 1, { get })

function detached() {
  const array = new Float32Array(4)
  structuredClone(array.buffer, { transfer: [array.buffer] })
  return array
}

const smallIntegers = [0, 0, 1, 1, 2, 2, 3, 4, -1, -1, -2, 5, 8]
const largeIntegers = [2 ** 40, 2 ** 53 - 1, -(2 ** 53) + 1, -(2 ** 31), -7]

/**
 * An argument for a parameter of the schema's type; now and then none.
 * @param {Random} random
 * @param {string} type
 * @param {readonly torch.Tensor[]} pool
 * @returns {unknown}
 */
function argument(random, type, pool) {
  if (random.chance(0.02)) return garbage(random, pool)
  if (type.endsWith('?')) return random.chance(0.5) ? null : argument(random, type.slice(0, -1), pool)
  const list = /^(.*)\[\d*\]$/.exec(type)
  if (list?.[1]) {
    if (list[1].includes('nt') && random.chance(0.3)) return shapeOf(random.pick(pool))
    if (list[1] === 'Tensor' && random.chance(0.4)) return Array(random.integer(4)).fill(random.pick(pool))
    const element = list[1]
    return Array.from({ length: random.integer(5) }, () => argument(random, element, pool))
  }
  switch (type) {
    case 'Tensor':
      return random.pick(pool)
    case 'int':
    case 'SymInt':
      return random.chance(0.05) ? random.pick(largeIntegers) : random.pick(smallIntegers)
    case 'Scalar':
      return random.pick([0, 1, 2, -1, 0.5, NaN, Infinity, 1e20, 3n, -2n, 2n ** 62n, true, false])
    case 'float':
      return random.pick([0, 1, 1e-5, 0.5, -1, 2, NaN, Infinity, 1e308, 1e-320])
    case 'bool':
      return random.chance(0.5)
    case 'str':
      return random.pick(['none', 'tanh', 'x'])
    case 'ScalarType':
      return random.pick(dtypes)
    case 'Device':
      return random.pick(['cpu', 'cpu', 'cpu:0', 'cpu:7', 'meta', 'cuda', 'mps', 'xla', 'vulkan', 'nonsense'])
    case 'Layout':
    case 'MemoryFormat':
      return random.pick([0, 0, 1, 2, 3, 4, 7, -1, 300])
    case 'Generator':
      return undefined
    default:
      throw new Error(`no arguments for the type '${type}'`)
  }
}

const operators = readOperators().map(({ name, overload, exported }) => ({
  exported,
  call: wrapperOf(exported),
  parameters: parseSchema(native.schemaOf(name, overload)).parameters,
}))

/** @param {string} name @returns {(...values: readonly unknown[]) => unknown} */
function wrapperOf(name) {
  const wrapper = new Map(Object.entries(ops)).get(name)
  if (!wrapper) throw new Error(`no typed wrapper '${name}'`)
  return (...values) => Reflect.apply(wrapper, undefined, values)
}

/** @param {Random} random */
function callOperators(random) {
  const shape = randomShape(random)
  const pool = Array.from({ length: 6 }, (_, i) => randomTensor(random, i < 4 ? shape : undefined))
  for (let i = 0; i < 30; i++) {
    const { exported, call, parameters } = random.pick(operators)
    const required = parameters.filter(({ optional }) => !optional).map(({ type }) => argument(random, type, pool))
    const options = Object.fromEntries(
      parameters
        .filter(({ optional }) => optional && random.chance(0.4))
        .map(({ name, type }) => [name, argument(random, type, pool)]),
    )
    const what = settings['trace'] ? `${exported}(${[...required, options].map(describe).join(', ')})` : exported
    const result = attempt(what, () => call(...required, options))
    for (const tensor of Array.isArray(result) ? result.slice(0, 4) : [result]) {
      if (!(tensor instanceof Tensor)) continue
      inspect(tensor)
      if (random.chance(0.2)) backPropagate(random, tensor)
      if (tensor.elements <= 4096 && tensor.shape.length <= 6) pool[random.integer(pool.length)] = tensor
    }
  }
}

/** A result must be what it says it is, to its last byte. @param {torch.Tensor} tensor */
function inspect(tensor) {
  const { shape, elements } = tensor
  if (!shape.every((size) => Number.isInteger(size) && size >= 0))
    throw new Error(`a result has the shape [${shape.join()}]`)
  if (elements > 1e6 || tensor.device !== 'cpu') return
  const bytes = attempt(`bytes of [${shape.join()}]`, () => tensor.bytes())
  if (!bytes) return
  if (bytes.length !== elements * torch.dtypeSize(tensor.dtype)) throw new Error('a view has another length')
  bytes.reduce((sum, byte) => sum + byte, 0)
}

/** @param {Random} random @param {torch.Tensor} tensor */
function backPropagate(random, tensor) {
  const seed = random.chance(0.9)
    ? attempt('ones', () => ops.add_scalar(ops.zeros_like(tensor), 1))
    : randomTensor(random)
  if (!seed || tensor.elements > 1e6) return
  for (let i = 0; i < random.pick([1, 1, 2]); i++)
    attempt(`backward from ${describe(tensor)}`, () => torch.backward([tensor], [seed]))
}

/** @type {(data: unknown, shape: unknown) => torch.Tensor} */
const tensorFrom = (data, shape) => Reflect.apply(torch.tensorFrom, undefined, [data, shape])

/** @param {Random} random */
function misuseHandles(random) {
  const pool = [randomTensor(random), randomTensor(random)]
  /** @type {(Uint8Array | Float32Array | Float64Array | BigInt64Array)[]} */
  const views = []
  const tensor = () => random.pick(pool)
  /** @type {Record<string, () => void>} */
  const actions = {
    make: () => pool.push(randomTensor(random)),
    makeFromData: () => {
      const data = random.pick([
        () => new Float32Array(6),
        () => detached(),
        () => new Float32Array(new SharedArrayBuffer(24)),
        () => new Float64Array(Reflect.construct(ArrayBuffer, [48, { maxByteLength: 96 }])),
        () => new BigInt64Array(6),
        () => new Uint8ClampedArray(6),
        () => garbage(random, pool),
      ])()
      const shape = random.pick([[6], [2, 3], [0], [], [-1], [2 ** 40], garbage(random, pool)])
      pool.push(tensorFrom(data, shape))
    },
    bytes: () => views.push(tensor().bytes()),
    float32: () => views.push(tensor().float32()),
    float64: () => views.push(tensor().float64()),
    int64: () => views.push(tensor().int64()),
    item: () => tensor().item(),
    write: () => Reflect.apply(Uint8Array.prototype.set, random.pick(views), [[random.chance(0.5) ? 7 : 7n]]),
    transfer: () => {
      const view = random.pick(views)
      if (view?.buffer instanceof ArrayBuffer) structuredClone(view.buffer, { transfer: [view.buffer] })
    },
    forgetViews: () => views.splice(0),
    dispose: () => tensor().dispose(),
    disposeOther: () => Reflect.apply(Tensor.prototype.dispose, garbage(random, pool), []),
    wrapOther: () => {
      Reflect.construct(Tensor, [garbage(random, pool)])
    },
    wrapAgain: () => pool.push(new Tensor(tensor().native)),
    use: () => pool.push(ops.add(tensor(), tensor())),
    alias: () => pool.push(ops.view(tensor(), [-1])),
    changeInPlace: () => pool.push(random.chance(0.5) ? ops.add_(tensor(), tensor()) : ops.copy_(tensor(), tensor())),
    requireGradient: () => tensor().setRequiresGradient(random.chance(0.7)),
    backward: () => torch.backward([ops.sum(tensor())], [ops.ones([], { dtype: 'float32' })]),
    backwardOther: () => torch.backward([tensor(), tensor()], [tensor()]),
    gradient: () => {
      const gradient = tensor().gradient
      if (gradient) pool.push(gradient)
    },
    setGradient: () => {
      tensor().gradient = random.chance(0.3) ? null : tensor()
    },
    setOtherGradient: () => {
      Reflect.set(tensor(), 'gradient', garbage(random, pool))
    },
    step: () => {
      const options = {
        learningRate: 0.1,
        betas: /** @type {[number, number]} */ ([0.9, 0.9]),
        epsilon: 1e-8,
        weightDecay: 0,
      }
      torch.adamWStep([tensor()], [tensor()], torch.createAdamW([tensor()]), options)
    },
    innerScope: () =>
      pool.push(torch.scope(() => (ops.neg(tensor()), random.chance(0.5) ? tensor() : ops.neg(tensor())))),
    throwingScope: () =>
      torch.scope(() => {
        pool.push(ops.neg(tensor()))
        throw new Error('in a scope')
      }),
    promiseScope: () => torch.scope(async () => Promise.resolve(tensor())),
    withoutGradient: () => torch.noGradient(() => ops.mul(tensor(), tensor())),
    collect: () => random.chance(0.2) && globalThis.gc?.(),
    releaseMemory: () => torch.releaseCachedMemory(),
    setThreads: () => torch.setThreads(random.pick([1, 2, 2, 0, -1, NaN, 1e9])),
    manualSeed: () => torch.manualSeed(random.pick([0, -1, 2 ** 53, NaN])),
  }
  const names = Object.keys(actions)
  for (let i = 0; i < 40; i++) {
    const name = random.pick(names)
    attempt(name, () => actions[name]?.())
    if (pool.length > 12) pool.splice(0, 6)
  }
}

/** @param {unknown} value @returns {string} */
function describe(value) {
  try {
    if (value instanceof Tensor)
      return `${value.dtype}[${value.shape.join()}]${value.device === 'cpu' ? '' : ` on ${value.device}`}`
    if (Array.isArray(value)) return `[${value.slice(0, 6).map(describe).join()}]`
    if (typeof value === 'object' && value !== null)
      return `{ ${Object.entries(value)
        .map(([key, part]) => `${key}: ${describe(part)}`)
        .join()} }`
    return typeof value === 'bigint' ? `${value}n` : String(value)
  } catch {
    return 'what cannot be shown'
  }
}

// Every thread takes every threads-th case. The main thread ends the others in the midst of their work.
const threads = Number(settings['threads'])
const thread = Number(settings['thread'] ?? 0)
const workers = Array.from({ length: isMainThread ? threads - 1 : 0 }, (_, i) => {
  const worker = new Worker(new URL(import.meta.url), { argv: [`${process.argv[2]}&thread=${i + 1}`] })
  worker.on('error', (error) => {
    throw error
  })
  return worker
})
torch.setThreads(2)
const first = Number(settings['first'])
for (let seed = first + thread; seed < first + Number(settings['cases']); seed += threads) {
  if (!settings['trace']) writeSync(1, `case ${thread} ${seed}\n`)
  runCase(seed)
  if (++count.cases % 128 === 0) await collectGarbage()
}
if (isMainThread) {
  await Promise.all(workers.map((worker) => worker.terminate()))
  await collectGarbage()
  const { tensors, bytes } = torch.memoryStatistics()
  // An in-place product of a tensor with itself refers to itself in libtorch's graph: nothing frees its few bytes.
  if (tensors > 0 || bytes > 1e5 + 100 * Number(settings['cases']))
    throw new Error(`${tensors} tensors and ${bytes} bytes have leaked`)
  writeSync(1, `of ${count.calls} calls in the main thread ${count.results} gave a result\n`)
} else parentPort?.close()

/** What only a graph or a finalizer holds takes some turns. */
async function collectGarbage() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc?.()
    await new Promise((settle) => setImmediate(settle))
  }
}
