import { counted } from '../counted.ts'
import { contentOf, otherFields } from '../data/build.ts'
import { saysSomething } from '../data/degenerate.ts'
import type { Group, Message, TemplateInputs } from '../data/group.ts'
import { InputError } from '../errors.ts'
import { type Phrase, phrase, settings } from '../phrase.ts'
import type { Render } from './chat-template.ts'

/** Something that a chat template may read or not: a field of messages, an input beside them, or a role. */
type Part =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'input'; readonly name: keyof TemplateInputs; readonly variable?: string }
  | { readonly kind: 'role'; readonly name: string }

/** Counts the rows that hold what the model does not read. */
export interface UnrenderedTally {
  add(group: Group): void
  /** One message for fields and inputs, one for roles; none where everything is read. */
  messages(): Phrase[]
}

/** A part is tried with the first N rows that have it: if it makes no difference in any, it is not rendered. */
const mostTries = 5

/**
 * Finds out what a chat template leaves out by rendering rows with and without it. Without a template (the plain form)
 * nothing but roles and contents is read.
 */
export function createUnrenderedTally(render: Render | undefined): UnrenderedTally {
  const parts = new Map<string, { part: Part; rows: number; tries: number; isRendered: boolean }>()
  return {
    add(group) {
      for (const part of partsOf(group)) {
        const key = keyOf(part)
        const entry = parts.get(key) ?? { part, rows: 0, tries: 0, isRendered: false }
        parts.set(key, entry)
        entry.rows += 1
        if (entry.isRendered || entry.tries === mostTries) continue
        entry.tries += 1
        entry.isRendered = isRendered(group, part, render)
      }
    },
    messages: () =>
      messagesOf(
        [...parts.values()].filter((entry) => !entry.isRendered),
        render,
      ),
  }
}

/**
 * The same for an endless stream of groups. Each part is tried only with the first few groups that have it, so that a
 * template is not rendered again and again for every request.
 * @returns what there is to say of a group and was not said before
 */
export function createUnrenderedWatch(render: Render | undefined): (group: Group) => Phrase[] {
  const tries = new Map<string, number>()
  return (group) => {
    const left: Unrendered[] = []
    for (const part of partsOf(group)) {
      const key = keyOf(part)
      const count = tries.get(key) ?? 0
      if (count >= mostTries) continue
      const isRead = isRendered(group, part, render)
      tries.set(key, isRead ? count + 1 : mostTries)
      if (!isRead) left.push({ part, rows: 1 })
    }
    return messagesOf(left, render)
  }
}

/** A part that is not rendered, and how many rows have it. */
interface Unrendered {
  readonly part: Part
  readonly rows: number
}

function messagesOf(left: readonly Unrendered[], render: Render | undefined): Phrase[] {
  const others = left.filter(({ part }) => part.kind !== 'role')
  const roles = left.filter(({ part }) => part.kind === 'role')
  const listed = (entries: typeof left) =>
    entries.map(({ part, rows }) => `${shownName(part)} (${counted(rows, 'row')})`).join(', ')
  const reader = render === undefined ? 'the model has no chat template, and its plain form' : 'the chat template'
  return [
    ...(others.length === 0 ? [] : [phrase`${reader} does not read ${listed(others)}`]),
    ...(roles.length === 0
      ? []
      : [
          phrase`the chat template leaves out all text of the ${roles.length === 1 ? 'role' : 'roles'} ${listed(roles)}; ${settings({ roles: [`${shownName(roles[0]?.part)}=ROLE`] })} reads it as another role`,
        ]),
  ]
}

const keyOf = (part: Part): string => `${part.kind} ${shownName(part)}`

function shownName(part: Part | undefined): string {
  if (part?.kind === 'input' && part.variable !== undefined) return `${part.name}.${part.variable}`
  return part?.name ?? ''
}

function partsOf({ prompt, responses, inputs = {} }: Group): Part[] {
  const messages = [...prompt, ...responses.flat()]
  const fields = new Set(messages.flatMap((message) => Object.keys(otherFields(message))))
  const roles = new Set(messages.filter(saysSomething).map(({ role }) => role))
  const { tools, documents, chat_template_kwargs: variables = {} } = inputs
  return [
    ...[...fields].map((name): Part => ({ kind: 'field', name })),
    ...(tools && tools.length > 0 ? [{ kind: 'input', name: 'tools' } as const] : []),
    ...(documents && documents.length > 0 ? [{ kind: 'input', name: 'documents' } as const] : []),
    ...Object.keys(variables).map((variable): Part => ({ kind: 'input', name: 'chat_template_kwargs', variable })),
    ...[...roles].map((name): Part => ({ kind: 'role', name })),
  ]
}

/** Whether a conversation of the group reads otherwise without the part. What a template refuses, it has looked at. */
function isRendered({ prompt, responses, inputs = {} }: Group, part: Part, render: Render | undefined): boolean {
  if (render === undefined) return part.kind === 'role'
  const textOf = (messages: readonly Message[], given: TemplateInputs) => {
    try {
      return render(messages, given)
    } catch (error) {
      if (error instanceof InputError) return null
      throw error
    }
  }
  return responses.some((response) => {
    const messages = [...prompt, ...response]
    const whole = textOf(messages, inputs)
    return (
      whole === null ||
      textOf(
        messages.map((message) => changed(message, part)),
        withoutInput(inputs, part),
      ) !== whole
    )
  })
}

/** The message without the field; one of the role with another text. */
function changed(message: Message, part: Part): Message {
  if (part.kind === 'field') {
    const { [part.name]: _removed, ...rest } = message
    return { ...rest, role: message.role, content: message.content }
  }
  if (part.kind !== 'role' || message.role !== part.name) return message
  // Calls may replace the text.
  return { role: message.role, content: `${contentOf(message)} and more` }
}

function withoutInput(inputs: TemplateInputs, part: Part): TemplateInputs {
  if (part.kind !== 'input') return inputs
  const { [part.name]: held, ...others } = inputs
  if (part.variable === undefined) return others
  const variables = Object.entries(held ?? {}).filter(([name]) => name !== part.variable)
  return { ...others, chat_template_kwargs: Object.fromEntries(variables) }
}
