import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { buildGroup, conversation } from '../data/build.ts'
import type { Group } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { TokenGroup } from '../tokens/index.ts'
import type { ScoredGroup } from './scorer.ts'
import { createTurns } from './turns.ts'

const promptTokens = 4
const responseTokens = 10
const microBatchTokens = 64

/** Responses are numbers, and the reward of a response is its number; a response that is not a number cannot be read. */
const group = (id: string, responses: readonly (number | string)[]): Group =>
  buildGroup({ id, ...conversation('p', responses.map(String)), preferences: [] })

const unscored = { error: new InputError('no number').phrases }

function read({ responses }: Group): TokenGroup | typeof unscored {
  const numbers = responses.map(([message]) => Number(message?.content))
  if (numbers.some(Number.isNaN)) return unscored
  const branches = numbers.map((number) => new Int32Array(responseTokens).fill(number))
  return { prefix: new Int32Array(promptTokens), branches, branchOf: [...branches.keys()], truncated: false }
}

/** Turns over a model that is counted: each micro-batch is a list of the rewards that it gave. */
function openTurns(onMicroBatch: (count: number) => void = () => {}) {
  const microBatches: number[][] = []
  /** Answers by request, with the number of micro-batches until then. */
  const answers = new Map<number, { scored: ScoredGroup[] | 'failed'; after: number }>()
  const turns = createTurns(
    {
      read: (one) => Promise.resolve(read(one)),
      compute(parts) {
        const rewards = parts.flatMap(({ branches }) => branches.map(([token = NaN]) => token))
        microBatches.push(rewards)
        if (rewards.includes(6666)) throw new Error('out of memory')
        onMicroBatch(microBatches.length)
        return Float32Array.from(rewards)
      },
      cutOf: () => undefined,
    },
    {
      microBatchTokens,
      pause: () => setImmediate(),
      onAnswer: (id, scored) => answers.set(id, { scored, after: microBatches.length }),
      onError: (id) => answers.set(id, { scored: 'failed', after: microBatches.length }),
    },
  )
  const request = (id: number, groups: readonly Group[], allOrNothing = true) => turns.add({ id, groups, allOrNothing })
  const until = async (...ids: number[]) => {
    while (!ids.every((id) => answers.has(id))) await setImmediate()
  }
  return { turns, request, until, microBatches, answers }
}

const thousand = Array.from({ length: 1000 }, (_, index) => index)

it('answers a request of one candidate after one of 1,000 within three micro-batches', async () => {
  let arrivedAfter = 0
  const { request, until, microBatches, answers } = openTurns((count) => {
    if (count === 5) {
      arrivedAfter = count
      request(2, [group('small', [7])])
    }
  })
  request(1, [group('large', thousand)])
  await until(1, 2)
  expect(answers.get(2)?.scored).toEqual([{ rewards: [7] }])
  expect((answers.get(2)?.after ?? Infinity) - arrivedAfter).toBeLessThanOrEqual(3)
  expect(answers.get(1)?.scored).toEqual([{ rewards: thousand }])
  // 6 candidates with their prompt fill one.
  expect(microBatches.length).toBeLessThanOrEqual(1 + Math.ceil(1000 / 6))
})

it('takes requests in turn, whether they hold many candidates or many groups', async () => {
  const { request, until, answers } = openTurns()
  request(1, [group('large', thousand)])
  request(
    2,
    thousand.map((number) => group(`group ${number}`, [number])),
  )
  for (let id = 3; id < 13; id++) request(id, [group('small', [id])])
  await until(...Array.from({ length: 12 }, (_, index) => index + 1))
  for (let id = 3; id < 13; id++) {
    expect(answers.get(id)?.scored).toEqual([{ rewards: [id] }])
    expect(answers.get(id)?.after).toBeLessThanOrEqual(6)
  }
  expect(answers.get(2)?.scored).toEqual(thousand.map((number) => ({ rewards: [number] })))
})

it('computes nothing of a cancelled request from the next micro-batch on', async () => {
  const { turns, request, until, microBatches, answers } = openTurns((count) => {
    if (count === 3) turns.cancel(1)
  })
  request(1, [group('large', thousand)])
  await setImmediate()
  while (microBatches.length < 3) await setImmediate()
  request(2, [group('small', [5000])])
  await until(2)
  expect(microBatches.slice(3)).toEqual([[5000]])
  expect(answers.has(1)).toBe(false)
})

it('reports responses that cannot be read, and continues with others', async () => {
  const { request, until, microBatches, answers } = openTurns()
  request(1, [group('bad', ['x']), group('good', [1])], false)
  request(2, [group('bad', ['x']), group('good', [2])], true)
  request(3, [])
  request(4, [group('good', [4]), group('bad', ['x'])], false)
  await until(1, 2, 3, 4)
  expect([1, 2, 3, 4].map((id) => answers.get(id)?.scored)).toEqual([
    [unscored, { rewards: [1] }],
    [unscored],
    [],
    [{ rewards: [4] }, unscored],
  ])
  expect(microBatches.flat().toSorted((a, b) => a - b)).toEqual([1, 4])
})

it('a micro-batch that fails ends the requests that are in it, and no others', async () => {
  const { request, until, answers } = openTurns()
  request(1, [group('fails', [6666])])
  await until(1)
  request(2, [group('good', [2])])
  await until(2)
  expect([1, 2].map((id) => answers.get(id)?.scored)).toEqual(['failed', [{ rewards: [2] }]])
})
