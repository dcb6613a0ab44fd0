import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { FailureError } from '../errors.ts'

/** Asks the main thread for something and waits: it may take its time, and compute asynchronously. */
export type Ask = (name: string, argument: unknown) => unknown

/** What the compute thread asks through. */
export interface AskPort {
  readonly port: MessagePort
  /** One number: 1 once the answer is on the port. */
  readonly answered: Int32Array
}

/** What the main thread says: a value, or that it has none, for a reason that it tells its own caller. */
export type Answer = { readonly value: unknown } | { readonly failed: true }

export interface Question {
  readonly name: string
  readonly argument: unknown
}

/** In the compute thread. What it returns throws FailureError where the main thread has no answer. */
export function askThrough({ port, answered }: AskPort): Ask {
  return (name, argument) => {
    port.postMessage({ name, argument } satisfies Question)
    Atomics.wait(answered, 0, 0)
    Atomics.store(answered, 0, 0)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `answerThrough` posted
    const answer = receiveMessageOnPort(port)?.message as Answer | undefined
    if (answer && 'value' in answer) return answer.value
    throw new FailureError(`the caller gave no ${name}`)
  }
}

/** How the main thread answers, by the name of what is asked. */
export type Answers = Readonly<Record<string, (argument: never) => unknown>>

/**
 * In the main thread: answers what the compute thread asks. An answer that throws is reported to `onFailure`, and the compute
 * thread hears only that there is none.
 */
export function answerThrough(
  { port, answered }: AskPort,
  answers: Answers,
  onFailure: (error: unknown) => void,
): void {
  const answer = async ({ name, argument }: Question): Promise<void> => {
    try {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the name says what the argument is
      port.postMessage({ value: await answers[name]?.(argument as never) } satisfies Answer)
    } catch (error) {
      // Also where the value cannot be copied to the other thread, which waits in any case.
      onFailure(error)
      port.postMessage({ failed: true } satisfies Answer)
    }
    Atomics.store(answered, 0, 1)
    Atomics.notify(answered, 0)
  }
  port.on('message', (question: Question) => void answer(question))
}
