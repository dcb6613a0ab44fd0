import type { Ask } from './ask.ts'

/** Rows as JSON lines, from the main thread, as many at a time as it gives; null says that there are no more. */
export function* rowsFrom(name: string, ask: Ask): Generator<string> {
  for (;;) {
    const lines = ask(name, null)
    if (typeof lines !== 'string') return
    yield lines
  }
}
