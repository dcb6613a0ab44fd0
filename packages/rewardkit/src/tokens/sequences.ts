import type { Message } from '../data/group.ts'
import { renderPlain } from './chat-template.ts'
import { endToken, type ConversationEnding, type Tokenizer } from './tokenizer.ts'

/**
 * Where a sequence ends, hence which token is pooled:
 * - `end`: at its end token. What a chat template writes after it is cut off, and EOS is appended if it is absent.
 * - `template-end`: a conversation ends where its chat template ends (TRL's behaviour); plain text as with `end`.
 */
export type Pool = 'end' | 'template-end'

/** The full sequences of a group's responses, and how many tokens at the end of each must survive any cut. */
export interface Sequences {
  readonly ids: readonly Int32Array[]
  readonly keep: number
}

/**
 * Plain text as TRL 1.16 reads it: the text, then EOS unless the text already ends in EOS's text, then the tokenizer's
 * own post-processing (`processing_class(text)`). Throws InputError where the tokenizer has no end token.
 */
export async function encodeTexts(texts: readonly string[], tokenizer: Tokenizer): Promise<Sequences> {
  const end = endToken(tokenizer).text
  const ended = texts.map((text) => (text.endsWith(end) ? text : text + end))
  return { ids: await tokenizer.encode(ended, { addSpecialTokens: true }), keep: 1 + tokenizer.added.behind }
}

/**
 * Conversations through the model's chat template, special tokens parsed and none added (as transformers'
 * `apply_chat_template`), ended by `pool`. A model without a template reads them in the plain form of `renderPlain`.
 */
export async function encodeConversations(
  conversations: readonly (readonly Message[])[],
  tokenizer: Tokenizer,
  pool: Pool,
): Promise<Sequences> {
  const { chat } = tokenizer
  if (chat === undefined)
    return encodeTexts(
      conversations.map((messages) => renderPlain(messages)),
      tokenizer,
    )
  const ids = await tokenizer.encode(
    conversations.map((messages) => chat.render(messages)),
    { addSpecialTokens: false },
  )
  if (pool === 'template-end') {
    return { ids, keep: chat.ending.tail.length + 1 }
  }
  return { ids: ids.map((sequence) => endSequence(sequence, chat.ending, tokenizer)), keep: 1 }
}

/** Cuts what the template writes after its last end token; appends EOS if the template wrote no end token. */
function endSequence(ids: Int32Array, ending: ConversationEnding, tokenizer: Tokenizer): Int32Array {
  const length = ids.length - ending.tail.length
  const last = ids[length - 1]
  const ended = ending.present && last !== undefined && ending.endIds.has(last)
  if (ended && ending.tail.every((id, index) => ids[length + index] === id)) return ids.slice(0, length)
  const extended = new Int32Array(ids.length + 1)
  extended.set(ids)
  extended[ids.length] = endToken(tokenizer).id
  return extended
}
