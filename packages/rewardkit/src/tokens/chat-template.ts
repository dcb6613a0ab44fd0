import type { Message } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { compileTemplate } from './python-template.ts'

/** Text of a conversation as a model reads it. */
export type Render = (messages: readonly Message[]) => string

/**
 * Compiles a model's chat template. Rendering equals transformers' `apply_chat_template(messages, tokenize=False)`:
 * Python's Jinja with blocks trimmed, `bos_token`, `eos_token`, `unk_token` and `pad_token` in the context where the
 * tokenizer has them, neither tools nor documents, no generation prompt. Throws InputError where the template is broken,
 * uses what is not supported or refuses the conversation; `origin` names it.
 */
export function compileChatTemplate(source: string, specialTokens: Record<string, string>, origin: string): Render {
  const template = explain(origin, () => compileTemplate(source))
  const context = { ...specialTokens, tools: null, documents: null, add_generation_prompt: false }
  return (messages) =>
    explain(origin, () => template({ ...context, messages: messages.map(({ role, content }) => ({ role, content })) }))
}

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
