import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { buildGroup, contentOf } from '../build.ts'
import type { Group, Message, TranscriptSource } from '../group.ts'
import { commonFields, judgement, judgementColumns, type Layout, writtenFields, writtenJudgement } from './layout.ts'

/**
 * HH's layout: `chosen` and `rejected` (after `prompt`, where there is one) are whole transcripts that open with
 * "\n\nHuman: " and mark the other turns by "\n\nAssistant: " and "\n\nHuman: ". The prompt ends with the last Human
 * turn before the transcripts part; where they part earlier than in the last turn, the responses hold several turns.
 */
export const transcriptLayout: Layout<'hh'> = {
  name: 'hh',
  recognises: ({ prompt, chosen, rejected }) =>
    isTranscript(prompt ?? '', chosen) && isTranscript(prompt ?? '', rejected),
  read(row, { defaultId }): Group {
    const before = typeof row['prompt'] === 'string' ? row['prompt'] : ''
    const transcripts = [`${before}${String(row['chosen'])}`, `${before}${String(row['rejected'])}`]
    return buildGroup({
      ...commonFields(row, defaultId, ['prompt', 'chosen', 'rejected', ...judgementColumns]),
      form: 'transcript',
      ...splitTranscripts(transcripts),
      preferences: [{ chosen: 0, rejected: 1, ...judgement(row) }],
    })
  },
  write: (group) =>
    group.preferences.map((preference) => ({
      ...writtenFields(group),
      chosen: transcriptOf(group, preference.chosen),
      rejected: transcriptOf(group, preference.rejected),
      ...writtenJudgement(preference),
    })),
}

/** The original transcript, or one made of the messages. */
function transcriptOf({ prompt, responses, source }: Group, index: number): string {
  if (source) return `${source.prompt}${at(source.responses, index)}`
  return writtenTurns([...prompt, ...at(responses, index)])
}

/** The transcript of a conversation. Throws an InputError for roles that transcripts have not. */
export function writtenTurns(messages: readonly Message[]): string {
  return messages
    .map((message) => {
      const { role } = message
      const content = contentOf(message)
      if (role === 'user') return `\n\nHuman: ${content}`
      if (role === 'assistant') return `\n\nAssistant: ${content}`
      throw new InputError(`found a turn of the role "${role}"; transcripts have Human and Assistant only`, {
        remedy: 'write pairs or groups',
      })
    })
    .join('')
}

const humanOpening = /^(?:\n\n)?Human:\s/
const answerMarker = /\n\nAssistant:(?=\s|$)/
const roleMarker = /(?:^|\n\n)(Human|Assistant):(?=\s|$)/g

/** True where `prompt` and `text` together are an HH transcript with at least one turn of the assistant. */
export function isTranscript(prompt: unknown, text: unknown): boolean {
  if (typeof prompt !== 'string' || typeof text !== 'string') return false
  const whole = prompt + text
  return humanOpening.test(whole) && answerMarker.test(whole)
}

interface Turn extends Message {
  /** The original turn, with its marker. */
  readonly raw: string
}

/** Prompt, responses and source of transcripts about one request. The sources add up to the transcripts exactly. */
export function splitTranscripts(transcripts: readonly string[]): {
  prompt: Message[]
  responses: Message[][]
  source: TranscriptSource
} {
  const conversations = transcripts.map(turnsOf)
  const [first = [], ...others] = conversations
  const longest = Math.min(...conversations.map((turns) => turns.length - 1))
  let length = 0
  while (length < longest && others.every((turns) => turns[length]?.raw === first[length]?.raw)) length++
  while (length > 0 && first[length - 1]?.role === 'assistant') length--
  const responses = conversations.map((turns) => turns.slice(length))
  return {
    prompt: first.slice(0, length).map(toMessage),
    responses: responses.map((turns) => turns.map(toMessage)),
    source: { prompt: joined(first.slice(0, length)), responses: responses.map(joined) },
  }
}

/**
 * A turn's content loses its marker and one space after it, nothing else. Consecutive turns of one role become one
 * turn, with a blank line between, because chat templates expect roles that alternate.
 */
function turnsOf(transcript: string): Turn[] {
  const markers = [...transcript.matchAll(roleMarker)]
  const turns: Turn[] = []
  markers.forEach((marker, index) => {
    const end = markers[index + 1]?.index ?? transcript.length
    const turn = {
      role: marker[1] === 'Human' ? 'user' : 'assistant',
      content: transcript.slice(marker.index + marker[0].length, end).replace(/^ /, ''),
      raw: transcript.slice(marker.index, end),
    }
    const last = turns.at(-1)
    if (last?.role !== turn.role) turns.push(turn)
    else
      turns.splice(-1, 1, {
        role: turn.role,
        content: `${last.content}\n\n${turn.content}`,
        raw: last.raw + turn.raw,
      })
  })
  return turns
}

function joined(turns: readonly Turn[]): string {
  return turns.map(({ raw }) => raw).join('')
}

function toMessage({ role, content }: Turn): Message {
  return { role, content }
}
