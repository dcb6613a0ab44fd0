import { counted } from '../counted.ts'
import type { HowRead } from '../tokens/index.ts'
import type { TokenCounts } from './tokens.ts'

const readings: Readonly<Record<HowRead, string>> = {
  template: 'through the chat template',
  plain_form: 'as turns of "Human:" and "Assistant:", since the model has no chat template',
  joined: 'as plain texts, prompt and response joined verbatim',
  whole: 'as whole texts without a prompt',
  transcript: 'as transcripts, verbatim',
}

/** How many groups are read in which way, each in a line. */
export function readInWords({ read_as: rows }: TokenCounts): string[] {
  const counts = new Map<string, number>(Object.entries(rows))
  return Object.entries(readings).flatMap(([how, words]) => {
    const count = counts.get(how)
    return count === undefined ? [] : [`${counted(count, 'group')} ${words}`]
  })
}
