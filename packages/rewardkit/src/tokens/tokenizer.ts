import { join } from 'node:path'
import { Tokenizer as Encoder } from 'tokenizers'
import { FailureError, InputError } from '../errors.ts'
import { compileChatTemplate, type Render } from './chat-template.ts'
import { readTokenizerFiles, type TokenizerFiles } from './tokenizer-files.ts'
import { type TextOptions, writtenTokens, type WrittenTokens } from './written-tokens.ts'

/** A token with its id. */
export interface Token {
  readonly id: number
  readonly text: string
}

/** How a chat template ends a conversation whose last message is the assistant's. */
export interface ConversationEnding {
  /** Ids that end a turn or a text: the template's end-of-turn token, and EOS. */
  readonly endIds: ReadonlySet<number>
  /**
   * What the template writes after the last of these; a "
   * " for ChatML.
   */
  readonly tail: Int32Array
  /** False if the template writes no end token after the assistant's content: EOS is then appended. */
  readonly present: boolean
}

/** A model's chat template, ready to render. */
export interface ChatFormat {
  readonly render: Render
  readonly ending: ConversationEnding
}

/** A model folder's tokenizer: ids as Python's `tokenizers` gives them, special tokens, chat template. */
export interface Tokenizer {
  readonly files: TokenizerFiles
  readonly bos?: Token
  readonly eos?: Token
  readonly unk?: Token
  /** The pad token that the folder names; `choosePadToken` decides which one a reward model gets. */
  readonly pad?: Token
  readonly chat?: ChatFormat
  /** Number of tokens that post-processing puts before and after a text. */
  readonly added: { readonly front: number; readonly behind: number }
  /** Size of the vocabulary, added tokens included. */
  readonly vocabularySize: number
  /** Special tokens written out in texts. */
  readonly written: WrittenTokens
  /** Token ids of each text. Special tokens written out in a text are read as such, as transformers does. */
  encode(texts: readonly string[], options: TextOptions): Promise<Int32Array[]>
  /** The text of token ids, special tokens visible. */
  decode(ids: ArrayLike<number>): Promise<string>
  idOf(token: string): number | undefined
  tokenOf(id: number): string | undefined
}

/**
 * Loads the tokenizer of a Hugging Face model folder. tokenizer.json decides the ids, whatever tokenizer class the
 * configuration names. The Rust library `tokenizers` encodes through its official binding. The end token is the
 * `eos_token` (string or object) of tokenizer_config.json, else that of special_tokens_map.json. Without either it is
 * the first `eos_token_id` of config.json and generation_config.json. The same holds for the other special tokens.
 * Throws InputError if a file is missing or broken, a named special token is not in the vocabulary, or the chat
 * template fails.
 * @param templateDate the day for a chat template that asks for the date, YYYY-MM-DD; by default the day pinned in the
 * folder, else today
 */
export async function loadTokenizer(
  folder: string,
  { templateDate }: { readonly templateDate?: string | undefined } = {},
): Promise<Tokenizer> {
  const files = await readTokenizerFiles(folder, templateDate)
  const encoder = createEncoder(files)
  const idOf = (token: string) => encoder.tokenToId(token) ?? undefined
  const tokenOf = (id: number) => encoder.idToToken(id) ?? undefined

  const special = (name: 'bos' | 'eos' | 'unk' | 'pad'): Token | undefined => {
    const text = files.named[name]
    if (text !== undefined) {
      const id = idOf(text)
      if (id !== undefined) return { id, text }
      throw new InputError(
        `${join(folder, 'tokenizer_config.json')}: ${name}_token ${JSON.stringify(text)} is not in the vocabulary of tokenizer.json`,
        { remedy: 'correct the name or add the token' },
      )
    }
    const id = name === 'unk' ? undefined : files.configured[name][0]
    const configuredText = id === undefined ? undefined : tokenOf(id)
    return id === undefined || configuredText === undefined ? undefined : { id, text: configuredText }
  }
  const tokens = { bos: special('bos'), eos: special('eos'), unk: special('unk'), pad: special('pad') }

  const encode = async (texts: readonly string[], options: TextOptions): Promise<Int32Array[]> => {
    const encodings = await encoder.encodeBatch([...texts], { addSpecialTokens: options.addSpecialTokens })
    return encodings.map((encoding) => Int32Array.from(encoding.getIds()))
  }
  const chat = files.chatTemplate === undefined ? undefined : await loadChat(files, files.chatTemplate, tokens, encode)
  return {
    files,
    ...present(tokens),
    ...(chat === undefined ? {} : { chat }),
    added: await countAdded(encode),
    vocabularySize: encoder.getVocabSize(true),
    written: writtenTokens(files),
    encode,
    decode: (ids) => encoder.decode(Array.from(ids), false),
    idOf,
    tokenOf,
  }
}

/** The tokenizer's end token. Throws InputError where it has none. */
export function endToken(tokenizer: Tokenizer): Token {
  if (tokenizer.eos) return tokenizer.eos
  throw new InputError(`${tokenizer.files.folder}: the tokenizer names no end token`, {
    remedy: 'set "eos_token" in tokenizer_config.json',
  })
}

/** The text of a sequence with its special tokens visible, as the model reads it; line breaks stay line breaks. */
export function describeTokens(ids: ArrayLike<number>, tokenizer: Tokenizer): Promise<string> {
  return tokenizer.decode(ids)
}

type SpecialTokens = Record<'bos' | 'eos' | 'unk' | 'pad', Token | undefined>

function createEncoder(files: TokenizerFiles): Encoder {
  try {
    return Encoder.fromString(files.tokenizerJson)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new InputError(`${join(files.folder, 'tokenizer.json')}: not a tokenizer that can be loaded (${reason})`)
  }
}

function present(tokens: SpecialTokens): Partial<Record<keyof SpecialTokens, Token>> {
  return {
    ...(tokens.bos && { bos: tokens.bos }),
    ...(tokens.eos && { eos: tokens.eos }),
    ...(tokens.unk && { unk: tokens.unk }),
    ...(tokens.pad && { pad: tokens.pad }),
  }
}

/**
 * Renders a short conversation, and reads from what follows the assistant's content how this template ends one: the
 * first special token there is the end-of-turn token; EOS ends too.
 */
async function loadChat(
  files: TokenizerFiles,
  source: string,
  tokens: SpecialTokens,
  encode: Tokenizer['encode'],
): Promise<ChatFormat> {
  const origin = join(
    files.folder,
    files.chatTemplateFile === undefined ? 'tokenizer_config.json' : 'chat_template.jinja',
  )
  const names = Object.entries(present(tokens)).map(([name, token]): [string, string] => [`${name}_token`, token.text])
  const render = compileChatTemplate(source, Object.fromEntries(names), origin)
  const content = 'answer'
  const rendered = render([
    { role: 'user', content: 'question' },
    { role: 'assistant', content },
  ])
  const start = rendered.lastIndexOf(content)
  if (start < 0) throw new InputError(`${origin}: the chat template does not write the assistant's content`)
  const suffix = rendered.slice(start + content.length)
  const [ids = new Int32Array()] = suffix === '' ? [] : await encode([suffix], { addSpecialTokens: false })
  const specialIds = new Set(files.addedTokens.filter((token) => token.special).map((token) => token.id))
  const endOfTurn = ids.find((id) => specialIds.has(id))
  const endIds = new Set([endOfTurn, tokens.eos?.id].filter((id) => id !== undefined))
  const last = ids.findLastIndex((id) => endIds.has(id))
  return { render, ending: { endIds, tail: last < 0 ? new Int32Array() : ids.slice(last + 1), present: last >= 0 } }
}

async function countAdded(encode: Tokenizer['encode']): Promise<{ front: number; behind: number }> {
  const [bare] = await encode(['a'], { addSpecialTokens: false })
  const [full] = await encode(['a'], { addSpecialTokens: true })
  if (bare === undefined || full === undefined) throw new FailureError('the tokenizer encoded nothing')
  const extra = full.length - bare.length
  for (let front = 0; front <= extra; front++) {
    if (bare.every((id, index) => full[front + index] === id)) return { front, behind: extra - front }
  }
  return { front: 0, behind: 0 }
}
