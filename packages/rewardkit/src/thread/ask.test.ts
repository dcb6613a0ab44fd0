import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { answerThrough } from './ask.ts'

it('answers also where the value cannot be copied to the other thread', async () => {
  const { port1, port2 } = new MessageChannel()
  const answered = new Int32Array(new SharedArrayBuffer(4))
  const failures: unknown[] = []
  answerThrough({ port: port1, answered }, { value: () => () => 1 }, (error) => failures.push(error))
  port2.postMessage({ name: 'value', argument: null })
  expect(await once(port2, 'message')).toEqual([{ failed: true }])
  expect(Atomics.load(answered, 0)).toBe(1)
  expect(String(failures)).toContain('could not be cloned')
  port1.close()
})
