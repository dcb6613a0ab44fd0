import { withoutPin } from './template-date.ts'
import type { TokenizerFiles } from './tokenizer-files.ts'
import type { Token, Tokenizer } from './tokenizer.ts'

/**
 * The pad token of a reward model: one that no sequence ends in, since transformers finds the pooled token as the last
 * that is not pad. In this order: the tokenizer's own pad, a special token whose name says pad, unk, another special
 * token that neither the chat template nor the configuration uses. Undefined where there is none (GPT-2): such a model
 * is saved without a pad, and transformers reads it one sequence at a time. The vocabulary never grows.
 */
export function choosePadToken(tokenizer: Tokenizer): Token | undefined {
  const { files, bos, eos, unk, pad, chat } = tokenizer
  const pooled = new Set([...(chat?.ending.endIds ?? []), ...files.configured.eos])
  if (eos) pooled.add(eos.id)
  const templateEnd = chat?.ending.tail.at(-1)
  if (templateEnd !== undefined) pooled.add(templateEnd)

  const special = files.addedTokens
    .filter((token) => token.special)
    .map((token): Token => ({ id: token.id, text: token.content }))
  const isNamedPad = (token: Token) => /pad/i.test(token.text)
  const isUnused = (token: Token) => token.id !== bos?.id && !files.chatTemplate?.includes(token.text)
  const candidates = [pad, ...special.filter(isNamedPad), unk, ...special.filter(isUnused)]
  return candidates.find((token) => token !== undefined && !pooled.has(token.id))
}

/** Keys of tokenizer_config.json with which transformers would change what tokenizer.json says, or look elsewhere. */
const overriding = [
  'add_bos_token',
  'add_eos_token',
  'add_prefix_space',
  'added_tokens_decoder',
  'auto_map',
  'from_slow',
  'legacy',
  'name_or_path',
  'sp_model_kwargs',
  'special_tokens_map_file',
  'tokenizer_file',
]

/**
 * The tokenizer's part of a saved reward model's folder, by file name. transformers' AutoTokenizer gives the same ids
 * there. The class is PreTrainedTokenizerFast, since transformers 5 otherwise swaps it by model type and changes ids.
 * Pad is the token of `choosePadToken`. config.json's `pad_token_id` must be set to the same token, null where there is
 * none. A chat template that asks for the date prints the pinned one there; the original is saved beside it.
 */
export function savedTokenizerFiles(tokenizer: Tokenizer): Record<string, string> {
  const { files } = tokenizer
  const tokens = {
    ...(tokenizer.bos && { bos_token: tokenizer.bos.text }),
    ...(tokenizer.eos && { eos_token: tokenizer.eos.text }),
    ...(tokenizer.unk && { unk_token: tokenizer.unk.text }),
    pad_token: choosePadToken(tokenizer)?.text ?? null,
  }
  // Before the file chat_template.jinja was known, transformers looked here alone.
  const template = files.templateDate && { chat_template: files.chatTemplate }
  const kept = Object.entries(files.tokenizerConfig).filter(([key]) => !overriding.includes(key))
  const config = { ...Object.fromEntries(kept), ...template }
  return {
    'tokenizer.json': files.tokenizerJson,
    'tokenizer_config.json': json({ ...config, ...tokens, tokenizer_class: 'PreTrainedTokenizerFast' }),
    ...(files.specialTokensMap && { 'special_tokens_map.json': json({ ...files.specialTokensMap, ...tokens }) }),
    ...savedTemplate(files),
  }
}

function savedTemplate({ chatTemplate = '', chatTemplateFile, templateDate }: TokenizerFiles): Record<string, string> {
  if (templateDate)
    return { 'chat_template.jinja': chatTemplate, 'chat_template.original.jinja': withoutPin(chatTemplate) }
  return chatTemplateFile === undefined ? {} : { 'chat_template.jinja': chatTemplateFile }
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
