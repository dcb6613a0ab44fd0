/** The special tokens of `wordTokenizerFiles`, with their ids; those of the words follow. */
export const wordTokenizerSpecials = { pad: 0, end: 1, unknown: 2 } as const

const texts = { pad: '<|pad|>', end: '<|end|>', unknown: '<|unknown|>' } as const

/**
 * The tokenizer files of a word-level model: a token for each word of a closed vocabulary, split at white space and
 * between words and punctuation.
 */
export function wordTokenizerFiles(vocabulary: readonly string[]): Record<string, string> {
  const tokens = [texts.pad, texts.end, texts.unknown, ...vocabulary]
  const special = [texts.pad, texts.end, texts.unknown].map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      unk_token: texts.unknown,
    },
  }
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    eos_token: texts.end,
    pad_token: texts.pad,
    unk_token: texts.unknown,
    clean_up_tokenization_spaces: false,
  }
  return {
    'tokenizer.json': `${JSON.stringify(tokenizer, null, 1)}\n`,
    'tokenizer_config.json': `${JSON.stringify(config, null, 2)}\n`,
  }
}
