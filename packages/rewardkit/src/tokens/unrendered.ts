import { counted } from '../counted.ts'
import { contentOf, otherFields } from '../data/build.ts'
import type { Group, Message, TemplateInputs } from '../data/group.ts'
import { isKnownRole, listedRoles, renaming, type RoleRows, rolesOf, unknownRolesMessage } from '../data/roles.ts'
import { InputError } from '../errors.ts'
import { type Phrase, phrase } from '../phrase.ts'
import type { Render } from './chat-template.ts'

/** Something that a chat template may read or not: a field of messages, an input beside them, or a role. */
type Part =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'input'; readonly name: keyof TemplateInputs; readonly variable?: string }
  | { readonly kind: 'role'; readonly name: string }

/** What became of a part: it made a difference, or none, or the template refused the conversation, whose error says why. */
type Outcome = 'rendered' | 'left out' | 'refused'

/** Counts the rows that hold what the model does not read, or reads under a role that is not known. */
export interface UnrenderedTally {
  add(group: Group): void
  /** One message for fields and inputs, one for roles that are left out, one for roles that are not known. */
  messages(): Phrase[]
}

/** A part is tried with the first N rows that have it: if it makes no difference in any, it is not rendered. */
const mostTries = 5

/**
 * Finds out what a chat template leaves out by rendering rows with and without it. Without a template (the plain form)
 * nothing but roles and contents is read.
 */
export function createUnrenderedTally(render: Render | undefined): UnrenderedTally {
  const parts = new Map<string, { part: Part; rows: number; tries: number; outcome: Outcome }>()
  return {
    add(group) {
      for (const part of partsOf(group)) {
        const key = keyOf(part)
        const entry = parts.get(key) ?? { part, rows: 0, tries: 0, outcome: 'left out' }
        parts.set(key, entry)
        entry.rows += 1
        if (entry.outcome === 'rendered' || entry.tries === mostTries) continue
        entry.tries += 1
        const outcome = outcomeOf(group, part, render)
        if (outcome !== 'left out') entry.outcome = outcome
      }
    },
    messages: () => messagesOf([...parts.values()], render),
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
    const tried: Tried[] = []
    for (const part of partsOf(group)) {
      const key = keyOf(part)
      const count = tries.get(key) ?? 0
      if (count >= mostTries) continue
      const outcome = outcomeOf(group, part, render)
      const isUnknown = part.kind === 'role' && !isKnownRole(part.name) && outcome === 'rendered'
      tries.set(key, isUnknown || outcome === 'left out' ? mostTries : count + 1)
      tried.push({ part, rows: 1, outcome })
    }
    return messagesOf(tried, render)
  }
}

/** A part, what became of it, and how many rows have it. */
interface Tried {
  readonly part: Part
  readonly rows: number
  readonly outcome: Outcome
}

function messagesOf(tried: readonly Tried[], render: Render | undefined): Phrase[] {
  const left = tried.filter(({ part, outcome }) => part.kind !== 'role' && outcome === 'left out')
  const listed = left.map(({ part, rows }) => `${shownName(part)} (${counted(rows, 'row')})`).join(', ')
  const reader = render === undefined ? 'the model has no chat template, and its plain form' : 'the chat template'
  const roles = (wanted: Outcome): RoleRows =>
    tried.flatMap(({ part, rows, outcome }) =>
      part.kind === 'role' && outcome === wanted ? [{ name: part.name, rows }] : [],
    )
  const unread = roles('left out')
  const [first] = unread
  const unknown = unknownRolesMessage(roles('rendered'))
  return [
    ...(left.length === 0 ? [] : [phrase`${reader} does not read ${listed}`]),
    ...(first
      ? [
          phrase`the chat template leaves out all text of ${listedRoles(unread)}; ${renaming(first.name)} reads it as another role`,
        ]
      : []),
    ...(unknown ? [unknown] : []),
  ]
}

const keyOf = (part: Part): string => `${part.kind} ${shownName(part)}`

function shownName(part: Part): string {
  if (part.kind === 'input' && part.variable !== undefined) return `${part.name}.${part.variable}`
  return part.name
}

function partsOf(group: Group): Part[] {
  const { prompt, responses, inputs = {} } = group
  const messages = [...prompt, ...responses.flat()]
  const fields = new Set(messages.flatMap((message) => Object.keys(otherFields(message))))
  const { tools, documents, chat_template_kwargs: variables = {} } = inputs
  return [
    ...[...fields].map((name): Part => ({ kind: 'field', name })),
    ...(tools && tools.length > 0 ? [{ kind: 'input', name: 'tools' } as const] : []),
    ...(documents && documents.length > 0 ? [{ kind: 'input', name: 'documents' } as const] : []),
    ...Object.keys(variables).map((variable): Part => ({ kind: 'input', name: 'chat_template_kwargs', variable })),
    ...rolesOf(group).map((name): Part => ({ kind: 'role', name })),
  ]
}

/** Whether a conversation of the group reads otherwise without the part. What a template refuses, it has looked at. */
function outcomeOf({ prompt, responses, inputs = {} }: Group, part: Part, render: Render | undefined): Outcome {
  if (render === undefined) return part.kind === 'role' ? 'rendered' : 'left out'
  const textOf = (messages: readonly Message[], given: TemplateInputs) => {
    try {
      return render(messages, given)
    } catch (error) {
      if (error instanceof InputError) return null
      throw error
    }
  }
  const outcomes = responses.map((response): Outcome => {
    const messages = [...prompt, ...response]
    const whole = textOf(messages, inputs)
    if (whole === null) return 'refused'
    const without = textOf(
      messages.map((message) => changed(message, part)),
      withoutInput(inputs, part),
    )
    return without === whole ? 'left out' : 'rendered'
  })
  return (
    outcomes.find((outcome) => outcome === 'rendered') ??
    outcomes.find((outcome) => outcome === 'refused') ??
    'left out'
  )
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
