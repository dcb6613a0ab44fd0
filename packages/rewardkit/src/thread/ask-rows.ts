import type { Ask } from './ask.ts'

/** What the main thread is asked: for more rows, or to give up the iterable, as nobody wants the rest. */
export type RowsQuestion = 'next' | 'return'

/** Rows as JSON lines, from the main thread, as many at a time as it gives; null after the last ones. */
export function* rowsFrom(name: string, ask: Ask): Generator<string> {
  let hasMore = true
  try {
    while (hasMore) {
      const lines = ask(name, 'next' satisfies RowsQuestion)
      hasMore = typeof lines === 'string'
      if (typeof lines === 'string') yield lines
    }
  } finally {
    if (hasMore) ask(name, 'return' satisfies RowsQuestion)
  }
}
