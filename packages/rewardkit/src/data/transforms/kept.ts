import { isDeepStrictEqual } from 'node:util'
import { at } from '../../at.ts'
import { InputError } from '../../errors.ts'
import { contentOf, conversationKey } from '../build.ts'
import type { Row } from '../fields.ts'
import type { Layout } from '../layouts/layout.ts'
import type { Group, Message, Preference } from '../group.ts'
import { type DataOptions, defaultDataOptions } from '../data-options.ts'

/** Reads everything that a row can hold. */
const reading: DataOptions = { ...defaultDataOptions, ties: 'half' }

/**
 * What a layout did not keep of a group: the rows that were written are read again and compared.
 * @returns names such as `margin`, `id`, `meta`, `tools`. `text` is where prompt or responses read otherwise,
 * `message_fields` where they do in fields besides role and content, and `pair` where a preference is gone.
 * `made_up_margin` is a margin that the layout needs and the pair lacks. `form` is where plain texts, messages or a
 * transcript became another of these.
 */
export function lostFields(group: Group, rows: readonly Row[], layout: Layout): string[] {
  const read = readAgain(rows, layout)
  const keyOf = createKeys()
  const pairs = read.flatMap((other) => {
    const key = keyOf(other)
    return other.preferences.map((preference) => ({ other, preference, texts: key(preference) }))
  })
  const byTexts = new Map(pairs.toReversed().map((pair) => [pair.texts, pair]))
  const key = keyOf(group)
  const lost = new Set<string>()
  const compared = new Set<Group>()
  for (const [index, preference] of group.preferences.entries()) {
    const texts = key(preference)
    const match = byTexts.get(texts) ?? pairs[index]
    if (!match) {
      lost.add('pair')
      continue
    }
    const { other, preference: again } = match
    if (match.texts !== texts)
      lost.add(bareKey(group, preference) === bareKey(other, again) ? 'message_fields' : 'text')
    for (const field of ['margin', 'weight', 'probability'] as const)
      if (preference[field] !== undefined && !isSame(preference[field], again[field])) lost.add(field)
    // Some layouts have a number for every pair, and make one up where there is none.
    if (preference.margin === undefined && again.margin !== undefined) lost.add('made_up_margin')
    // Columns in meta may be about the first response, or the second.
    const hasSides = group.responses.length === 2 && Object.keys(group.meta ?? {}).length > 0
    if (hasSides && preference.chosen > preference.rejected !== again.chosen > again.rejected) lost.add('position')
    if (compared.has(other)) continue
    compared.add(other)
    if (other.form !== group.form || (group.source && !other.source)) lost.add('form')
    if (other.id !== group.id) lost.add('id')
    if (group.subset !== undefined && other.subset !== group.subset) lost.add('subset')
    for (const name of ['tools', 'documents', 'chat_template_kwargs'] as const)
      if (!isDeepStrictEqual(group.inputs?.[name], other.inputs?.[name])) lost.add(name)
    const meta = Object.entries(group.meta ?? {})
    if (meta.some(([name, value]) => !isDeepStrictEqual(other.meta?.[name], value))) lost.add('meta')
    if (other.responses.length < group.responses.length && read.length === 1) lost.add('response')
  }
  return [...lost]
}

/** Equal but for rounding: a layout may hold a number that the margin is computed from. */
const isSame = (value: number, again: number | undefined): boolean =>
  again !== undefined && Math.abs(value - again) <= 1e-9 * Math.max(1, Math.abs(value))

function readAgain(rows: readonly Row[], layout: Layout): Group[] {
  const context = { defaultId: '', options: reading }
  const outcomes = layout.gather
    ? [layout.gather.read(rows, context)]
    : rows.map((row) => {
        try {
          return layout.read(row, context)
        } catch (error) {
          if (error instanceof InputError) return []
          throw error
        }
      })
  return outcomes.flat().filter((outcome) => 'promptId' in outcome)
}

/** Names for preferences, equal where prompt, chosen and rejected response are, whatever their form. */
function createKeys(): (group: Group) => (preference: Preference) => string {
  const numbers = new Map<string, number>()
  const numberOf = (messages: readonly Message[]): number => {
    const key = conversationKey(messages)
    const number = numbers.get(key) ?? numbers.size
    numbers.set(key, number)
    return number
  }
  return ({ prompt, responses }) => {
    const asked = numberOf(prompt)
    const answers = responses.map(numberOf)
    return ({ chosen, rejected }) => `${asked} ${answers[chosen]} ${answers[rejected]}`
  }
}

/** The roles and contents of a pair. */
function bareKey({ prompt, responses }: Group, { chosen, rejected }: Preference): string {
  const parts = [prompt, at(responses, chosen), at(responses, rejected)]
  return JSON.stringify(parts.map((messages) => messages.map((message) => [message.role, contentOf(message)])))
}
