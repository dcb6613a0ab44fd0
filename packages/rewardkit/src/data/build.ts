import { createHash } from 'node:crypto'
import { isObject } from './fields.ts'
import type { Group, Message, Preference, TemplateInputs, TextForm, TranscriptSource } from './group.ts'

/** A text or a conversation. */
export type TextOrMessages = string | readonly Message[]

/** What a group is made of; `promptId` is computed. */
export interface GroupParts {
  readonly id: string
  readonly form: TextForm
  readonly prompt: readonly Message[]
  readonly responses: readonly (readonly Message[])[]
  readonly preferences: readonly Preference[]
  readonly subset?: string | undefined
  readonly source?: TranscriptSource | undefined
  readonly inputs?: TemplateInputs | undefined
  readonly meta?: Readonly<Record<string, unknown>> | undefined
}

/** The parts that hold text. */
export type TextParts = Pick<GroupParts, 'form' | 'prompt' | 'responses'>

/** A pair as a caller writes it. Plain strings throughout make a group of form `text`, anything else `messages`. */
export interface Pair {
  readonly id: string
  /** Absent where the responses are whole texts or conversations. */
  readonly prompt?: TextOrMessages
  readonly chosen: TextOrMessages
  readonly rejected: TextOrMessages
  readonly margin?: number
  readonly weight?: number
  readonly probability?: number
  readonly subset?: string
  readonly meta?: Readonly<Record<string, unknown>>
}

/** A group from its parts: adds `promptId` and leaves absent fields out. */
export function buildGroup(parts: GroupParts): Group {
  const { id, form, prompt, responses, preferences, subset, source, inputs, meta } = parts
  return {
    id,
    promptId: promptIdOf(parts),
    form,
    prompt,
    responses,
    preferences,
    ...(subset === undefined ? {} : { subset }),
    ...(source === undefined ? {} : { source }),
    ...(inputs === undefined || Object.keys(inputs).length === 0 ? {} : { inputs }),
    ...(meta === undefined || Object.keys(meta).length === 0 ? {} : { meta }),
  }
}

/**
 * The common case: a preference pair as a group of two responses.
 *
 * @example
 * pairGroup({ id: '1', prompt: 'Name a prime.', chosen: ' 7', rejected: ' 8', margin: 2 })
 */
export function pairGroup(pair: Pair): Group {
  const { id, prompt, chosen, rejected, subset, meta } = pair
  const preference = {
    chosen: 0,
    rejected: 1,
    ...(pair.margin === undefined ? {} : { margin: pair.margin }),
    ...(pair.weight === undefined ? {} : { weight: pair.weight }),
    ...(pair.probability === undefined ? {} : { probability: pair.probability }),
  }
  return buildGroup({ id, ...conversation(prompt, [chosen, rejected]), preferences: [preference], subset, meta })
}

/** Form, prompt and responses as messages: strings become one user and one assistant message. */
export function conversation(prompt: TextOrMessages | undefined, responses: readonly TextOrMessages[]): TextParts {
  const plain = [prompt ?? '', ...responses].every((part) => typeof part === 'string')
  return {
    form: plain ? 'text' : 'messages',
    prompt: prompt === undefined ? [] : asMessages(prompt, 'user'),
    responses: responses.map((response) => asMessages(response, 'assistant')),
  }
}

/**
 * Whole conversations. The leading messages that all share, up to their last common turn that is not the assistant's,
 * are the prompt. The rest of each is its response, which keeps at least one message.
 */
export function wholeConversations(conversations: readonly (readonly Message[])[]): TextParts {
  const [first = [], ...others] = conversations
  const longest = Math.min(...conversations.map((messages) => messages.length - 1))
  let length = 0
  while (
    length < longest &&
    others.every((messages) => startsWith(messages.slice(length), first.slice(length, length + 1)))
  ) {
    length++
  }
  while (length > 0 && first[length - 1]?.role === 'assistant') length--
  return {
    form: 'messages',
    prompt: first.slice(0, length),
    responses: conversations.map((messages) => messages.slice(length)),
  }
}

/** Plain texts of prompt and response as the turns of a user and an assistant. Whole texts have no turns and stay. */
export function asTurns(group: Group): Group {
  return group.form === 'text' && group.prompt.length > 0 ? { ...group, form: 'messages' } : group
}

/** True where a conversation begins with these messages. */
export function startsWith(messages: readonly Message[], start: readonly Message[]): boolean {
  return conversationKey(messages.slice(0, start.length)) === conversationKey(start)
}

function asMessages(part: TextOrMessages, role: string): readonly Message[] {
  return typeof part === 'string' ? [{ role, content: part }] : part
}

/**
 * 16 hexadecimal digits of the SHA-256 of the prompt's messages and the template's inputs. Where the prompt has no user
 * turn (whole diverging conversations), the responses count too, in an order that does not depend on which was chosen.
 */
function promptIdOf({ prompt, responses, inputs }: GroupParts): string {
  const content = [conversationKey(prompt)]
  if (!prompt.some((message) => message.role === 'user')) content.push(...responses.map(conversationKey).toSorted())
  content.push(...inputsKeys(inputs))
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16)
}

/** Equal for equal conversations: the order of a message's fields does not count, nor do those that are null. */
export function conversationKey(messages: readonly Message[]): string {
  return JSON.stringify(
    messages.map((message) => {
      const { role, content } = message
      const others = otherFields(message)
      return Object.keys(others).length === 0 ? [role, content] : [role, content, canonical(others)]
    }),
  )
}

/** One text for the inputs of a template, equal where they are; nothing where there are none. */
export const inputsKeys = (inputs: TemplateInputs | undefined): readonly string[] =>
  inputs === undefined ? [] : [JSON.stringify(canonical(inputs))]

/** The fields of a message besides role and content; null counts as absent. */
export function otherFields(message: Message): Readonly<Record<string, unknown>> {
  if (!hasOtherFields(message)) return noFields
  return Object.fromEntries(
    Object.entries(message).filter(([field, value]) => !ownFields.has(field) && value !== null && value !== undefined),
  )
}

const noFields: Readonly<Record<string, unknown>> = Object.freeze({})

/** Most messages have none: every one is looked at, so that this makes nothing. */
function hasOtherFields(message: Message): boolean {
  for (const field in message) if (!ownFields.has(field)) return true
  return false
}

const ownFields: ReadonlySet<string> = new Set(['role', 'content'])

/** The text of a message; empty where other fields say it all. */
export const contentOf = ({ content }: Message): string => content ?? ''

/** Characters (Unicode code points) of all messages together. */
export function charactersOf(messages: readonly Message[]): number {
  let count = 0
  for (const message of messages) {
    const content = contentOf(message)
    count += content.length
    for (let at = 0; at < content.length; at++) {
      if ((content.codePointAt(at) ?? 0) > 0xffff) {
        count -= 1
        at += 1
      }
    }
  }
  return count
}

/** A message as people read it: its text, and the other fields that are there as JSON below it. */
export function messageText(message: Message): string {
  const others = otherFields(message)
  return Object.keys(others).length === 0
    ? contentOf(message)
    : [message.content, JSON.stringify(canonical(others))].filter((text) => text !== null && text !== '').join('\n')
}

/** A value for JSON with the keys of all objects in one order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, canonical(value[key])]),
  )
}
