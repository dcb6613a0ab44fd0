import { at } from '../at.ts'
import type { Group } from '../data/index.ts'
import { countTokens, type TokenGroup } from '../tokens/index.ts'
import { splitGroup } from '../rewards/reward-pass.ts'
import type { ScoredGroup, Scorer } from './scorer.ts'

/** Groups that are scored together. */
export interface ScoreRequest {
  readonly id: number
  readonly groups: readonly Group[]
  /** Whether the first group that cannot be read ends the request, and the answer with it. */
  readonly allOrNothing: boolean
}

/** Requests that wait for rewards. */
export interface Turns {
  add(request: ScoreRequest): void
  /** Drops what has not been computed yet of the request. No answer comes. */
  cancel(id: number): void
}

/** A group that is being scored: parts that have not been computed, and the rewards of those that have. */
interface Reading {
  readonly index: number
  readonly tokens: TokenGroup
  readonly parts: TokenGroup[]
  readonly rewards: number[]
}

interface Waiting extends ScoreRequest {
  /** The first group that has not been read. */
  next: number
  /** The group with parts that have not been computed. */
  reading: Reading | null
  readonly scored: ScoredGroup[]
  /** Groups without an outcome so far. */
  left: number
}

/** A part of a request's group that goes through the model. */
interface Member {
  readonly request: Waiting
  readonly reading: Reading
  readonly part: TokenGroup
}

/**
 * Takes requests in turn: each micro-batch gets a part of a group from every request, so that a small request never
 * waits for a large one. Each request is answered as soon as it is done. A large group is read in parts of about a
 * micro-batch, each with its prompt again, which costs at most a third more tokens.
 * @param settings.pause called between micro-batches, so that requests and cancellations can arrive
 */
export function createTurns(
  scorer: Pick<Scorer, 'read' | 'compute' | 'cutOf'>,
  settings: {
    readonly microBatchTokens: number
    readonly pause: () => Promise<unknown>
    readonly onAnswer: (id: number, scored: ScoredGroup[]) => void
    readonly onError: (id: number, error: unknown) => void
  },
): Turns {
  const budget = settings.microBatchTokens
  const waiting = new Map<number, Waiting>()
  /** Ids of the requests with groups left to read or compute, the next one first. */
  const turns: number[] = []
  let isRunning = false

  const answer = (request: Waiting) => {
    if (waiting.delete(request.id)) settings.onAnswer(request.id, request.scored)
  }

  /** The next part of a request; null when all have been taken. */
  const nextPart = async (request: Waiting): Promise<Pick<Member, 'reading' | 'part'> | null> => {
    while (!request.reading?.parts.length) {
      const group = request.groups[request.next]
      if (!group) return null
      const index = request.next++
      const tokens = await scorer.read(group)
      if ('error' in tokens) {
        request.scored[index] = tokens
        request.left -= 1
        if (request.allOrNothing) request.left = 0
        if (request.left === 0) return null
      } else {
        const parts = splitGroup(tokens, Math.max(budget, 4 * tokens.prefix.length))
        request.reading = { index, tokens, parts, rewards: [] }
      }
    }
    const { reading } = request
    const [part] = reading.parts
    return part ? { reading, part } : null
  }

  const nextMicroBatch = async (): Promise<Member[]> => {
    const members: Member[] = []
    let used = 0
    for (let id = turns[0]; id !== undefined; id = turns[0]) {
      const request = waiting.get(id)
      const found = request && (await nextPart(request).catch((error: unknown) => fail(id, error)))
      if (!request || !found || !waiting.has(id)) {
        remove(turns, id)
        if (request?.left === 0) answer(request)
        continue
      }
      const tokens = countTokens(found.part)
      if (members.length > 0 && used + tokens > budget) break
      members.push({ request, ...found })
      used += tokens
      found.reading.parts.shift()
      remove(turns, id)
      turns.push(id)
    }
    return members
  }

  const fail = (id: number, error: unknown): null => {
    if (waiting.delete(id)) settings.onError(id, error)
    return null
  }

  const compute = (members: readonly Member[]) => {
    const rewards = scorer.compute(members.map(({ part }) => part))
    let offset = 0
    for (const { request, reading, part } of members) {
      reading.rewards.push(...rewards.subarray(offset, (offset += part.branches.length)))
      const { index, tokens } = reading
      if (reading.rewards.length < tokens.branches.length) continue
      const group = request.groups[index]
      const cut = group && scorer.cutOf(group, tokens)
      const ofResponses = Float32Array.from(tokens.branchOf, (branch) => at(reading.rewards, branch))
      request.scored[index] = { rewards: [...ofResponses], ...(cut && { cut }) }
      request.left -= 1
      if (request.left === 0) answer(request)
    }
  }

  const run = async () => {
    for (;;) {
      await settings.pause()
      const members = await nextMicroBatch()
      if (members.length === 0) break
      try {
        compute(members)
      } catch (error) {
        for (const { request } of members) fail(request.id, error)
      }
    }
    isRunning = false
    if (turns.length > 0) start()
  }

  const start = () => {
    if (isRunning) return
    isRunning = true
    void run()
  }

  return {
    add(request) {
      waiting.set(request.id, { ...request, next: 0, reading: null, scored: [], left: request.groups.length })
      turns.push(request.id)
      start()
    },
    cancel(id) {
      waiting.delete(id)
    },
  }
}

function remove(ids: number[], id: number): void {
  const place = ids.indexOf(id)
  if (place >= 0) ids.splice(place, 1)
}
