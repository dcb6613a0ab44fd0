import { messageText } from '../data/build.ts'
import type { Group } from '../data/index.ts'
import { InputError } from '../errors.ts'
import type { GroupRewards } from '../evaluate/score.ts'
import type { Job } from '../thread/job.ts'
import { abortError } from './abort.ts'
import { libraryError } from './options.ts'

/** Calls that wait for rewards, computed together. */
export interface ScoreQueue {
  /** The rewards of each group's responses, in order. Rejects as soon as one group cannot be read. */
  rewards(groups: readonly Group[], signal?: AbortSignal): Promise<GroupRewards[]>
  /** Rejects every call, now and from now on. */
  close(reason: Error): void
}

interface Call {
  readonly groups: readonly Group[]
  readonly rewards: GroupRewards[]
  /** The first group that has not been sent. */
  next: number
  /** Groups without rewards so far. */
  left: number
  readonly resolve: (rewards: GroupRewards[]) => void
  readonly reject: (error: unknown) => void
}

/**
 * A queue before a compute thread. What waits goes there in batches of about two micro-batches, so that a call that is
 * withdrawn or a model that is closed leaves little to finish; each batch takes groups from all calls in turn, so that a
 * small call does not wait for a large one.
 */
export function createScoreQueue(job: Pick<Job<'score'>, 'request'>, microBatchTokens: number): ScoreQueue {
  // Some four characters a token.
  const charactersAtATime = 8 * microBatchTokens
  const calls = new Set<Call>()
  let closed: Error | null = null
  let isRunning = false

  const run = async () => {
    isRunning = true
    for (
      let batch = nextBatch(calls, charactersAtATime);
      batch.length > 0;
      batch = nextBatch(calls, charactersAtATime)
    ) {
      try {
        const scored = await job.request(batch.map(({ group }) => group))
        scored.forEach((one, i) => {
          const { call, index } = batch[i] ?? {}
          if (!call || index === undefined || !calls.has(call)) return
          if ('error' in one) call.reject(new InputError(`${call.groups[index]?.id}: ${one.error}`))
          else {
            call.rewards[index] = one
            call.left -= 1
            if (call.left === 0) call.resolve(call.rewards)
          }
        })
      } catch (error) {
        for (const { call } of batch) call.reject(libraryError(error))
      }
    }
    isRunning = false
  }

  return {
    rewards: (groups, signal) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(closed)
        if (signal?.aborted) return reject(abortError(signal))
        if (groups.length === 0) return resolve([])
        const settle = () => {
          calls.delete(call)
          signal?.removeEventListener('abort', onAbort)
        }
        const call: Call = {
          groups,
          rewards: [],
          next: 0,
          left: groups.length,
          resolve: (rewards) => {
            settle()
            resolve(rewards)
          },
          reject: (error) => {
            settle()
            // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- an error that was thrown
            reject(error)
          },
        }
        const onAbort = () => call.reject(abortError(signal))
        signal?.addEventListener('abort', onAbort)
        calls.add(call)
        if (!isRunning) queueMicrotask(() => void (isRunning || run()))
      }),
    close(reason) {
      closed = reason
      for (const call of calls) call.reject(reason)
    },
  }
}

/** One group of each call in turn, until enough characters are together. */
function nextBatch(calls: ReadonlySet<Call>, characters: number): { call: Call; index: number; group: Group }[] {
  const batch: { call: Call; index: number; group: Group }[] = []
  let left = characters
  for (let found = true; found && left > 0;) {
    found = false
    for (const call of calls) {
      const group = call.groups[call.next]
      if (!group || left <= 0) continue
      found = true
      batch.push({ call, index: call.next, group })
      call.next += 1
      left -= lengthOf(group)
    }
  }
  return batch
}

const lengthOf = ({ prompt, responses }: Group): number =>
  [prompt, ...responses].flat().reduce((sum, message) => sum + messageText(message).length, 0)
