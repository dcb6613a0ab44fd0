import { Template } from '@huggingface/jinja'
import type { Message } from '../data/group.ts'
import { InputError } from '../errors.ts'

/** Text of a conversation as a model reads it. */
export type Render = (messages: readonly Message[]) => string

/**
 * Compiles a model's chat template. Rendering equals transformers' `apply_chat_template(messages, tokenize=False)`:
 * blocks trimmed, `bos_token`, `eos_token`, `unk_token` and `pad_token` in the context where the tokenizer has them, no
 * generation prompt. Throws InputError where the template is broken or refuses the conversation; `origin` names it.
 */
export function compileChatTemplate(source: string, specialTokens: Record<string, string>, origin: string): Render {
  const template = explain(origin, () => new Template(source))
  return (messages) =>
    explain(origin, () => {
      const contents = messages.map(({ content }) => content)
      const { mask, unmask } = pythonSpaces([source, ...Object.values(specialTokens), ...contents].join(''), contents)
      const masked = messages.map(({ role, content }) => ({ role, content: mask(content) }))
      return unmask(template.render({ ...specialTokens, messages: masked, add_generation_prompt: false }))
    })
}

/**
 * JavaScript's trim, which the template library uses, takes U+FEFF for white space where Python's does not, and does not
 * take U+001C to U+001F and U+0085, where Python's does. While the template runs, each of these characters is stood for
 * by one that occurs nowhere in `everything` and that JavaScript treats as Python treats the original.
 */
function pythonSpaces(
  everything: string,
  contents: readonly string[],
): Record<'mask' | 'unmask', (text: string) => string> {
  const substitutes = new Map<string, string>()
  for (const [characters, candidates] of [
    ['\uFEFF', noncharacters],
    ['\u001C\u001D\u001E\u001F\u0085', rareSpaces],
  ] as const) {
    const free = Array.from(candidates).filter((candidate) => !everything.includes(candidate))
    for (const character of characters) {
      if (!contents.some((content) => content.includes(character))) continue
      const substitute = free.pop()
      if (substitute === undefined) throw new Error('its text has all kinds of Unicode white space')
      substitutes.set(character, substitute)
    }
  }
  const replaceAll = (text: string, pairs: Iterable<readonly [string, string]>) =>
    [...pairs].reduce((result, [from, to]) => result.replaceAll(from, to), text)
  return {
    mask: (text) => replaceAll(text, substitutes),
    unmask: (text) =>
      replaceAll(
        text,
        [...substitutes].map(([character, substitute]) => [substitute, character] as const),
      ),
  }
}

/** Characters that no text should hold, and those that both languages take for white space. */
const noncharacters = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0xfdd0 + i))
const rareSpaces = '\u1680\u2000\u2001\u2004\u2005\u2006\u2007\u2008\u200A\u2028\u2029\u205F'

const labels: Readonly<Record<string, string>> = { user: 'Human', assistant: 'Assistant', system: 'System' }

/**
 * How a conversation reads for a base model without a chat template: for each turn a blank line, "Human: ",
 * "Assistant: " or "System: " (another role's own name) and the content; the form of HH's transcripts.
 */
export const renderPlain: Render = (messages) =>
  messages.map(({ role, content }) => `\n\n${labels[role] ?? role}: ${content}`).join('')

function explain<T>(origin: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new InputError(`${origin}: the chat template cannot render this conversation (${reason})`)
  }
}
