import { at } from '../at.ts'
import { contentOf } from '../data/build.ts'
import type { Group, Message } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { howRead, type PlainTexts, type Transcripts } from './how-read.ts'
import type { TokenGroup } from './sequence.ts'
import { type Conversations, neutralise, refuseSpecialTokens, type SpecialTokensInText } from './special-tokens.ts'
import { encodeConversations, encodeTexts, type Pool, type Sequences } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'
import { UnusableRow } from './unusable-row.ts'
import { cutConversation, responseStarts } from './cut-conversation.ts'
import { cutTextPrompt, sharedTokens } from './cut-text.ts'
import {
  commonPrefixLength,
  type Cuttable,
  longest,
  truncate,
  type Truncated,
  type Truncation,
  truncationRule as today,
  type TruncationRule,
} from './truncate.ts'

/** How groups become token ids. */
export interface EncodeOptions {
  /** The most tokens that a sequence may have, end token included. */
  readonly maxLength: number
  /** Default `prompt-left`. */
  readonly truncation?: Truncation
  /** By default the one of today; 1 is for what an older version did. */
  readonly truncationRule?: TruncationRule
  /** Default `end`. */
  readonly pool?: Pool
  /** Default `auto`. */
  readonly transcripts?: Transcripts
  /** Default `as-is`. */
  readonly plainTexts?: PlainTexts
  /** Default `neutralise`. */
  readonly specialTokensInText?: SpecialTokensInText
  /** Also finds where each response begins, which takes another reading of the prompt. */
  readonly withStarts?: boolean | undefined
}

/**
 * A group that cannot be used. It is `too_long` if truncation is `drop`, or if no response has room beside what the
 * chat template writes. It is `identical_tokens` if all of its preferences compare sequences that the model reads
 * alike, and `identical_after_truncation` if the cut made some of them so.
 */
export interface DroppedGroup {
  readonly dropped: 'too_long' | Identical
}

/** Why the two responses of a preference are one sequence: the model reads them alike, or the cut took what differed. */
export type Identical = 'identical_tokens' | 'identical_after_truncation'

/**
 * Token ids of a group. Each response's full sequence is read by the group's form, ended at its end token, and
 * truncated alike. Then the sequences are split into the shared prefix (the longest common one, at most the shortest
 * length less one) and branches. Identical sequences share a branch. A preference whose two responses share a branch
 * carries no information; the group itself is dropped only if this is true of all its preferences.
 *
 * Throws UnusableRow if the chat template refuses the conversation, the model has no embedding for a token, or a text
 * holds a special token under `refuse`. Throws InputError if `transcripts` asks for a template that the model lacks, or
 * the tokenizer has no end token.
 */
export async function encodeGroup(
  group: Group,
  tokenizer: Tokenizer,
  options: EncodeOptions,
): Promise<TokenGroup | DroppedGroup> {
  const { maxLength, truncation = 'prompt-left', truncationRule: rule = today } = options
  const reading = chooseReading(group, tokenizer, options)
  const whole = await reading.encode()
  checkIds(whole, tokenizer)
  const encoded = longest(whole) > maxLength ? await cut() : await uncut()
  if (encoded === null) return { dropped: 'too_long' }
  const reasons = group.preferences.map((preference) => identicalFor(encoded, preference))
  if (reasons.length === 0 || reasons.includes(null)) return encoded
  return { dropped: reasons.find((reason) => reason === 'identical_after_truncation') ?? 'identical_tokens' }

  async function uncut(): Promise<TokenGroup> {
    const split = splitPrefix(whole.ids, false)
    return options.withStarts ? { ...split, starts: startsOfBranches(split, await reading.starts(whole)) } : split
  }

  async function cut(): Promise<TokenGroup | null> {
    if (truncation === 'drop') return null
    const kept = await truncate(whole, reading, { maxLength, truncation, rule })
    if (kept === null) return null
    const { sequences, prompt, system, responses } = kept
    const before = rule === 1 ? kept : await truncate(whole, reading, { maxLength, truncation, rule: 1 })
    const wholeBranchOf = splitPrefix(whole.ids, false).branchOf
    const split = splitPrefix(sequences.ids, true)
    return {
      ...split,
      ...(options.withStarts && { starts: startsOfBranches(split, kept.starts) }),
      cut: {
        prompt,
        system,
        responses,
        otherwise: !areEqual(before, kept),
        ofResponse: whole.ids.map(({ length }) => prompt || system || length > maxLength),
        wholeBranchOf,
      },
    }
  }
}

/** Where the response of each branch begins: that of its first response. */
function startsOfBranches({ branches, branchOf }: TokenGroup, starts: readonly number[]): number[] {
  return branches.map((_, branch) => at(starts, branchOf.indexOf(branch)))
}

/** Throws UnusableRow for a token that the model cannot look up. */
function checkIds({ ids }: Sequences, tokenizer: Tokenizer): void {
  const { embeddings } = tokenizer.files
  const unknown = ids.flatMap((sequence) => sequence.find((id) => id >= embeddings) ?? [])[0]
  if (unknown !== undefined)
    throw new UnusableRow(
      'unknown_token',
      `the text holds ${JSON.stringify(tokenizer.tokenOf(unknown) ?? '')}, token ${unknown}, for which the model has no embedding (it has ${embeddings})`,
      { remedy: 'take it out, or use the tokenizer that belongs to the model' },
    )
}

/** Ids as `encodeGroup` gives them. Throws UnusableRow, too, where a response and its prompt have no token of their own. */
export async function encodeReadable(...parameters: Parameters<typeof encodeGroup>): ReturnType<typeof encodeGroup> {
  const encoded = await encodeGroup(...parameters)
  const [, { bos, eos }] = parameters
  const isSpecial = (id: number) => id === bos?.id || id === eos?.id
  if ('branches' in encoded && encoded.prefix.every(isSpecial) && encoded.branches.some((ids) => ids.every(isSpecial)))
    throw new UnusableRow('no_tokens', 'prompt and response have no token that the model could read')
  return encoded
}

/** Why a preference says nothing of this group; null where its two responses differ. */
export function identicalFor(
  { branchOf, cut }: TokenGroup,
  { chosen, rejected }: { readonly chosen: number; readonly rejected: number },
): Identical | null {
  if (branchOf[chosen] !== branchOf[rejected]) return null
  return cut && cut.wholeBranchOf[chosen] !== cut.wholeBranchOf[rejected]
    ? 'identical_after_truncation'
    : 'identical_tokens'
}

const areEqual = (one: Truncated | null, other: Truncated): boolean =>
  other.sequences.ids.every((ids, index) => ids.join() === one?.sequences.ids[index]?.join())

/** One way to read a group: uncut, and cut. */
interface Reading extends Cuttable {
  encode(): Promise<Sequences>
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
  const conversations = {
    prompt: at(read.conversations, 0).slice(0, group.prompt.length),
    responses: read.conversations.map((messages) => messages.slice(group.prompt.length)),
    tokenizer: read.tokenizer,
    pool,
  }
  return {
    encode: () => encodeConversations(read.conversations, read.tokenizer, pool),
    cutPrompt: (whole, rule) => cutConversation(whole, conversations, maxLength, rule),
    starts: (whole) => responseStarts(whole, conversations),
  }
}

function textReading(prompt: string, responses: readonly string[], tokenizer: Tokenizer, maxLength: number): Reading {
  const texts = responses.map((response) => prompt + response)
  return {
    encode: () => encodeTexts(texts, tokenizer),
    cutPrompt: (whole, rule) => cutTextPrompt(whole, prompt, tokenizer, maxLength, rule),
    starts: async (whole) => {
      const shared = await sharedTokens(whole, prompt, tokenizer)
      return whole.ids.map(() => shared)
    },
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
    prefix: at(unique, 0).slice(0, length),
    branches: unique.map((ids) => ids.slice(length)),
    branchOf,
    truncated,
  }
}
