import { contentOf } from '../data/build.ts'
import type { Group, Message } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { howRead, type PlainTexts, type Transcripts } from './how-read.ts'
import type { TokenGroup } from './sequence.ts'
import { type Conversations, neutralise, refuseSpecialTokens, type SpecialTokensInText } from './special-tokens.ts'
import { encodeConversations, encodeTexts, type Pool, type Sequences } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'
import { commonPrefixLength, cutRight, cutTextPrompt, cutTurns, longest, type Truncation } from './truncate.ts'

/** How groups become token ids. */
export interface EncodeOptions {
  /** The most tokens that a sequence may have, end token included. */
  readonly maxLength: number
  /** Default `prompt-left`. */
  readonly truncation?: Truncation
  /** Default `end`. */
  readonly pool?: Pool
  /** Default `auto`. */
  readonly transcripts?: Transcripts
  /** Default `as-is`. */
  readonly plainTexts?: PlainTexts
  /** Default `neutralise`. */
  readonly specialTokensInText?: SpecialTokensInText
}

/**
 * A group that cannot be used: it was `too_long` under truncation `drop`, or all of its preferences compare sequences
 * that are `identical_tokens` as the model reads them.
 */
export interface DroppedGroup {
  readonly dropped: 'too_long' | 'identical_tokens'
}

/**
 * Token ids of a group: each response's full sequence read by the group's form, ended at its end token, truncated
 * alike, then split into the shared prefix (the longest common one, at most the shortest length less one) and branches;
 * identical sequences share a branch. A preference whose two responses share a branch carries no information; only
 * where that is so for all of a group's preferences is the group itself dropped.
 *
 * Throws InputError where the chat template refuses the conversation, `transcripts` asks for a template that the model
 * lacks, the tokenizer has no end token, or a text holds a special token under `refuse`.
 */
export async function encodeGroup(
  group: Group,
  tokenizer: Tokenizer,
  options: EncodeOptions,
): Promise<TokenGroup | DroppedGroup> {
  const { maxLength, truncation = 'prompt-left' } = options
  const reading = chooseReading(group, tokenizer, options)
  const whole = await reading.encode()
  const truncated = longest(whole) > maxLength
  if (truncated && truncation === 'drop') return { dropped: 'too_long' }
  const shortened = truncated && truncation === 'prompt-left' ? await reading.cutPrompt(whole) : whole
  const encoded = splitPrefix(cutRight(shortened, maxLength).ids, truncated)
  const { branchOf } = encoded
  const isIdentical = ({ chosen, rejected }: { chosen: number; rejected: number }) =>
    branchOf[chosen] === branchOf[rejected]
  if (group.preferences.length > 0 && group.preferences.every(isIdentical)) return { dropped: 'identical_tokens' }
  return encoded
}

/** One way to read a group: as it is, and with its prompt cut from the left. */
interface Reading {
  encode(): Promise<Sequences>
  cutPrompt(whole: Sequences): Promise<Sequences>
}

function chooseReading(group: Group, tokenizer: Tokenizer, options: EncodeOptions): Reading {
  const { maxLength, pool = 'end', transcripts, specialTokensInText = 'neutralise' } = options
  const how = howRead(group, tokenizer.chat !== undefined, options)
  if (specialTokensInText === 'refuse') refuseSpecialTokens(group, tokenizer)
  if (how === 'joined' || how === 'whole') {
    const responses = group.responses.map(joinContents)
    return textReading(joinContents(group.prompt), responses, tokenizer, maxLength)
  }
  if (group.form === 'transcript' && transcripts === 'template' && tokenizer.chat === undefined) {
    throw new InputError(`transcripts: "template" was asked for, but ${tokenizer.files.folder} has no chat template`, {
      remedy: 'use "auto" or "as-is"',
    })
  }
  if (how === 'transcript' && group.source !== undefined) {
    return textReading(group.source.prompt, group.source.responses, tokenizer, maxLength)
  }
  const asTheyAre = {
    conversations: group.responses.map((response) => [...group.prompt, ...response]),
    inputs: group.inputs,
    tokenizer: how === 'plain_form' ? withoutChat(tokenizer) : tokenizer,
  }
  const read = withInputs(specialTokensInText === 'neutralise' ? neutralise(group.id, asTheyAre) : asTheyAre)
  return {
    encode: () => encodeConversations(read.conversations, read.tokenizer, pool),
    cutPrompt: (whole) => cutTurns(whole, read.conversations, group.prompt.length, read.tokenizer, pool, maxLength),
  }
}

function textReading(prompt: string, responses: readonly string[], tokenizer: Tokenizer, maxLength: number): Reading {
  const texts = responses.map((response) => prompt + response)
  return {
    encode: () => encodeTexts(texts, tokenizer),
    cutPrompt: (whole) => cutTextPrompt(whole, prompt, tokenizer, maxLength),
  }
}

function joinContents(messages: readonly Message[]): string {
  return messages.map(contentOf).join('')
}

/** The chat template as it renders with the inputs. */
function withInputs({ conversations, inputs, tokenizer }: Conversations): Omit<Conversations, 'inputs'> {
  const { chat } = tokenizer
  if (inputs === undefined || chat === undefined) return { conversations, tokenizer }
  return {
    conversations,
    tokenizer: { ...tokenizer, chat: { ...chat, render: (messages) => chat.render(messages, inputs) } },
  }
}

function withoutChat(tokenizer: Tokenizer): Tokenizer {
  const { chat: _, ...rest } = tokenizer
  return rest
}

/** Splits full sequences into their shared prefix and the branches, each different one once. */
export function splitPrefix(sequences: readonly Int32Array[], truncated: boolean): TokenGroup {
  const unique: Int32Array[] = []
  const known = new Map<string, number>()
  const branchOf = sequences.map((ids) => {
    const key = ids.join(' ')
    const branch = known.get(key) ?? unique.push(ids) - 1
    known.set(key, branch)
    return branch
  })
  const shortest = Math.min(...unique.map((ids) => ids.length))
  const length = Math.min(commonPrefixLength(unique), shortest - 1)
  return {
    prefix: unique[0]?.slice(0, length) ?? new Int32Array(),
    branches: unique.map((ids) => ids.slice(length)),
    branchOf,
    truncated,
  }
}
