import { counted } from '../counted.ts'
import type { Group } from '../data/group.ts'
import { type Hooks, warning } from '../events.ts'
import { phrase, settings } from '../phrase.ts'
import type { Tokenizer } from './tokenizer.ts'
import { createUnrenderedTally, createUnrenderedWatch } from './unrendered.ts'

/** How transcripts are read: `auto` uses the chat template if the model has one, else the text verbatim. */
export type Transcripts = 'auto' | 'template' | 'as-is'

/**
 * How plain texts of prompt and response are read: joined verbatim, or as the turns of a user and an assistant. Whole
 * texts, without a prompt, are always read verbatim.
 */
export type PlainTexts = 'as-is' | 'messages'

export const waysToRead = ['template', 'plain_form', 'joined', 'whole', 'transcript'] as const

/**
 * How a model reads a group:
 * - `template`: its messages go through the chat template.
 * - `plain_form`: the same if the model has no chat template, in the plain form of `renderPlain`.
 * - `joined`: plain texts, the response after the prompt.
 * - `whole`: plain texts without a prompt, verbatim.
 * - `transcript`: the strings of a transcript, verbatim.
 */
export type HowRead = (typeof waysToRead)[number]

/** Groups that a model was trained on, by how they were read. */
export type TrainedOn = Readonly<Partial<Record<HowRead, number>>>

/** How a group is read by a model with or without a chat template. */
export function howRead(
  { form, prompt, source }: Pick<Group, 'form' | 'prompt' | 'source'>,
  hasTemplate: boolean,
  options: { readonly transcripts?: Transcripts | undefined; readonly plainTexts?: PlainTexts | undefined },
): HowRead {
  const { transcripts = 'auto', plainTexts = 'as-is' } = options
  if (form === 'text' && prompt.length === 0) return 'whole'
  if (form === 'text' && plainTexts === 'as-is') return 'joined'
  const asItCame = transcripts === 'as-is' || (transcripts === 'auto' && !hasTemplate)
  if (form === 'transcript' && asItCame) return source === undefined ? 'plain_form' : 'transcript'
  return hasTemplate ? 'template' : 'plain_form'
}

/** Rows, counted by how they are read. */
export interface ReadingTally {
  readonly rows: Readonly<Partial<Record<HowRead, number>>>
  add(group: Group): void
  /**
   * Warns of plain texts that a model with a chat template reads without it, and of what the template does not render.
   * `name` is where the rows came from.
   */
  report(name: string, hooks: Hooks): void
}

export function createReadingTally({ chat }: Tokenizer, options: Parameters<typeof howRead>[2]): ReadingTally {
  const rows: Partial<Record<HowRead, number>> = {}
  const unrendered = createUnrenderedTally(chat?.render)
  return {
    rows,
    add(group) {
      const how = howRead(group, chat !== undefined, options)
      rows[how] = (rows[how] ?? 0) + 1
      if (how === 'template' || how === 'plain_form') unrendered.add(group)
    },
    report(name, hooks) {
      for (const message of unrendered.messages()) hooks.onEvent(warning(phrase`${name}: ${message}`))
      if (!chat) return
      for (const how of ['joined', 'whole'] as const) {
        const count = rows[how] ?? 0
        if (count > 0) warn(how, `${name}: ${counted(count, 'row')} of `, hooks)
      }
    },
  }
}

/**
 * The same for groups that come without end: warns once of each kind, at the first of it, unless the model was trained on
 * texts of that kind.
 */
export function createReadingWatch(
  { chat }: Tokenizer,
  options: Parameters<typeof howRead>[2],
  trainedOn: TrainedOn | null,
  hooks: Hooks,
) {
  const reported = new Set<string>()
  const unrendered = createUnrenderedWatch(chat?.render)
  return (group: Group): void => {
    const how = howRead(group, chat !== undefined, options)
    if (how === 'template' || how === 'plain_form')
      for (const message of unrendered(group)) hooks.onEvent(warning(phrase`${group.id}: ${message}`))
    if (!reported.has('user_last') && group.responses.some((response) => response.at(-1)?.role === 'user')) {
      reported.add('user_last')
      hooks.onEvent(warning(`${group.id}: the conversation ends with the user's turn, where the reward is read`))
    }
    if (!chat || reported.has(how)) return
    reported.add(how)
    if (trainedOn?.[how]) return
    if (how === 'joined' || how === 'whole') warn(how, '', hooks)
    else if (trainedOn && (trainedOn.joined || trainedOn.whole))
      hooks.onEvent(
        warning(
          'messages, which are read through the chat template; the model was trained on plain texts, read verbatim',
        ),
      )
  }
}

const withoutTemplate = "verbatim, without the model's chat template"
const warnings = {
  joined: phrase`plain texts, which are joined ${withoutTemplate}; ${settings({ plainTexts: 'messages' })} reads them as turns of user and assistant`,
  whole: phrase`texts without a prompt, which are read ${withoutTemplate}; give the prompt separately (${settings({ columns: ['prompt=NAME'] })}), or messages`,
}

function warn(how: keyof typeof warnings, rows: string, hooks: Hooks): void {
  hooks.onEvent(warning(phrase`${rows}${warnings[how]}`))
}
