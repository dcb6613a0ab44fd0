import { contentOf } from '../data/build.ts'
import type { Message, TemplateInputs } from '../data/group.ts'
import { renaming } from '../data/roles.ts'
import { compileTemplate } from './python-template.ts'
import { UnusableRow } from './unusable-row.ts'
import { type Phrase, phrase } from '../phrase.ts'

/** Text of a conversation, with what belongs to it besides messages, as a model reads it. */
export type Render = (messages: readonly Message[], inputs?: TemplateInputs) => string

/** What `apply_chat_template` takes itself: no variables of a template. */
const reserved =
  'messages conversation chat_template add_generation_prompt continue_final_message tools documents tokenize padding truncation max_length return_tensors return_dict return_assistant_tokens_mask tokenizer_kwargs sanitize_control_tokens'.split(
    ' ',
  )

/**
 * Compiles a model's chat template. Rendering equals transformers' `apply_chat_template(messages, tools=tools,
 * documents=documents, tokenize=False, **chat_template_kwargs)`: Python's Jinja with trimmed blocks and no generation
 * prompt. Messages keep all of their fields. The context has `bos_token`, `eos_token`, `unk_token` and `pad_token` if
 * the tokenizer has them. Throws InputError if the template is broken, uses an unsupported feature or refuses the
 * conversation; `origin` names the template.
 */
export function compileChatTemplate(source: string, specialTokens: Record<string, string>, origin: string): Render {
  const template = explain(origin, () => compileTemplate(source))
  return (messages, { tools = null, documents = null, chat_template_kwargs: variables = {} } = {}) => {
    const taken = reserved.find((name) => Object.hasOwn(variables, name))
    if (taken !== undefined)
      throw new UnusableRow(
        'refused_by_template',
        `chat_template_kwargs: found "${taken}", which is not a variable of a template`,
        {
          remedy: taken === 'tools' || taken === 'documents' ? `put it into a column "${taken}"` : 'take it out',
        },
      )
    const context = { ...specialTokens, ...variables, tools, documents, add_generation_prompt: false }
    return explain(origin, () => template({ ...context, messages: messages.map(seen) }), rolesRemedy(messages))
  }
}

/**
 * A message as transformers shows it to a template: without what is null, and with reasoning under the name that
 * templates read, whichever of its names it came by.
 */
function seen(message: Message): Readonly<Record<string, unknown>> {
  const present = Object.fromEntries(
    Object.entries(message).filter(([, value]) => value !== null && value !== undefined),
  )
  const reasoning = present['reasoning_content'] ?? present['thinking'] ?? present['reasoning']
  return reasoning === undefined ? present : { thinking: reasoning, ...present, reasoning_content: reasoning }
}

const labels: Readonly<Record<string, string>> = { user: 'Human', assistant: 'Assistant', system: 'System' }

/**
 * How a conversation reads for a base model without a chat template, in the form of HH's transcripts. Each turn is a
 * blank line, "Human: ", "Assistant: " or "System: " (another role has its own name) and the content.
 */
export const renderPlain: Render = (messages) =>
  messages.map((message) => `\n\n${labels[message.role] ?? message.role}: ${contentOf(message)}`).join('')

const usualRoles: ReadonlySet<string> = new Set(['system', 'user', 'assistant', 'tool'])

/** What to do where a conversation has a role that templates seldom know. */
function rolesRemedy(messages: readonly Message[]): Phrase | undefined {
  const role = messages.find((message) => !usualRoles.has(message.role))?.role
  return role === undefined
    ? undefined
    : phrase`if it does not know the role "${role}", ${renaming(role)} reads it as another`
}

function explain<T>(origin: string, run: () => T, remedy?: Phrase): T {
  try {
    return run()
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new UnusableRow(
      'refused_by_template',
      `${origin}: the chat template cannot render this conversation (${reason})`,
      { remedy },
    )
  }
}
