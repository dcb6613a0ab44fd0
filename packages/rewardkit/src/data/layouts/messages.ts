import { contentOf, otherFields } from '../build.ts'
import { fieldError, textOrMessages, type Row } from '../fields.ts'
import type { Message } from '../group.ts'

/** A conversation of one message of the user. */
export const userMessage = (content: string): Message[] => [{ role: 'user', content }]

/** A response of one message. */
export const assistantMessage = (content: string): Message[] => [{ role: 'assistant', content }]

/** A prompt that may be text or a conversation, as messages. Throws where there is none. */
export function promptMessages(row: Row, field: string): readonly Message[] {
  const value = textOrMessages(row[field], field)
  if (typeof value === 'string') return userMessage(value)
  if (value.length === 0) throw fieldError(field, value, 'a conversation')
  return value
}

/** The inverse of `promptMessages`: text where that says everything. */
export function writtenPrompt(prompt: readonly Message[]): string | readonly Message[] {
  const [message] = prompt
  const isText = message?.role === 'user' && prompt.length === 1 && Object.keys(otherFields(message)).length === 0
  return isText ? contentOf(message) : prompt
}
