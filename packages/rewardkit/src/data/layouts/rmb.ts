import { InputError } from '../../errors.ts'
import { buildGroup } from '../build.ts'
import { fieldError, isObject, optionalName, type Row } from '../fields.ts'
import type { Group, Message } from '../group.ts'
import type { RowOptions } from '../row-options.ts'
import { otherColumns, decidedPairsOf, type Layout, singleText } from './layout.ts'
import { isWantedLanguage } from './language.ts'
import { chosenAndRejected, eachPreferred } from './lists.ts'
import { assistantMessage, promptMessages } from './messages.ts'

/**
 * Pairs of RMB (Zhou-Zoey/RMB-Reward-Model-Benchmark, RMB_dataset/Pairwise_set): `chosen` and `reject` are answers of two
 * models to `conversation_input`, messages that end with the user's. `category_path` is the subset. Messages say their
 * language; that of the last one is what `--languages` looks at, and it stays in `meta`, with what else is said of answers.
 */
export const rmbPairsLayout: Layout<'rmb-pairs'> = {
  name: 'rmb-pairs',
  example: {
    pair_uid: '1',
    conversation_input: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    chosen: { answer: 'a' },
    reject: { answer: 'b' },
  },
  recognises: (row) => Array.isArray(row['conversation_input']) && isObject(row['chosen']) && isObject(row['reject']),
  read(row, { defaultId, options }) {
    const [chosen, rejected] = [answerOf(row['chosen'], 'chosen'), answerOf(row['reject'], 'reject')]
    const parts = conversationOf(row, ['pair_uid', 'chosen', 'reject'], options)
    if (!parts) return { skipped: 'language' }
    return buildGroup({
      ...parts,
      id: optionalName(row, 'pair_uid') ?? defaultId,
      responses: [chosen.response, rejected.response],
      preferences: eachPreferred(1, 1, options),
      meta: { ...parts.meta, chosen: chosen.rest, reject: rejected.rest },
    })
  },
  write: (group) =>
    decidedPairsOf(group).map(({ chosen, rejected, preference }) => {
      const isKept = preference.chosen === 0 && preference.rejected === 1
      return {
        ...writtenConversation(group),
        pair_uid: group.id,
        chosen: writtenAnswer(chosen, isKept ? group.meta?.['chosen'] : undefined),
        reject: writtenAnswer(rejected, isKept ? group.meta?.['reject'] : undefined),
      }
    }),
}

/**
 * Best-of-n of RMB (RMB_dataset/BoN_set): `bon_best` is better than each of two to six others in `loser_list`, between
 * which there is no preference. It counts as right where the best one has the highest reward of all.
 */
export const rmbBestOfNLayout: Layout<'rmb-best-of-n'> = {
  name: 'rmb-best-of-n',
  example: {
    bon_uid: '1',
    conversation_input: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    bon_best: { answer: 'a' },
    loser_list: [{ answer: 'b' }],
  },
  recognises: (row) => isObject(row['bon_best']) && Array.isArray(row['loser_list']),
  read(row, { defaultId, options }) {
    const losers = row['loser_list']
    if (!Array.isArray(losers) || losers.length === 0) throw fieldError('loser_list', losers, 'a list of answers')
    const answers = [
      answerOf(row['bon_best'], 'bon_best'),
      ...losers.map((loser: unknown, index) => answerOf(loser, `loser_list[${index}]`)),
    ]
    const parts = conversationOf(row, ['bon_uid', 'bon_best', 'loser_list'], options)
    if (!parts) return { skipped: 'language' }
    const [best, ...others] = answers.map(({ rest }) => rest)
    return buildGroup({
      ...parts,
      id: optionalName(row, 'bon_uid') ?? defaultId,
      responses: answers.map(({ response }) => response),
      preferences: eachPreferred(1, losers.length, options),
      meta: { ...parts.meta, bon_best: best, loser_list: others },
    })
  },
  write(group) {
    const { chosen, rejected } = chosenAndRejected(group)
    const [best, second] = chosen
    if (!best || second)
      throw new InputError(`found ${chosen.length} chosen responses; this layout holds one best`, {
        remedy: 'write groups',
      })
    const kept = group.meta?.['loser_list']
    const losers: readonly unknown[] = Array.isArray(kept) && kept.length === rejected.length ? kept : []
    return [
      {
        ...writtenConversation(group),
        bon_uid: group.id,
        bon_best: writtenAnswer(best, group.meta?.['bon_best']),
        loser_list: rejected.map((response, index) => writtenAnswer(response, losers[index])),
      },
    ]
  },
}

const common = ['conversation_input', 'category_path']

/** Prompt, subset and meta; undefined where the row is in another language than those wanted. */
function conversationOf(row: Row, own: readonly string[], options: RowOptions) {
  const prompt = promptMessages(row, 'conversation_input')
  const turns: unknown = row['conversation_input']
  const last: unknown = Array.isArray(turns) ? turns.at(-1) : undefined
  if (isObject(last) && !isWantedLanguage(last, 'language', options)) return undefined
  const language = isObject(last) ? optionalName(last, 'language') : undefined
  return {
    form: 'messages' as const,
    prompt,
    subset: optionalName(row, 'category_path'),
    meta: { ...otherColumns(row, [...common, ...own]), ...(language === undefined ? {} : { language }) },
  }
}

function writtenConversation({ prompt, subset, meta }: Group): Row {
  const { language, ...rest } = meta ?? {}
  return {
    ...rest,
    ...(subset === undefined ? {} : { category_path: subset }),
    conversation_input: prompt.map((message, index) =>
      typeof language === 'string' && index === prompt.length - 1 ? { ...message, language } : message,
    ),
  }
}

/** An answer, and what else is said of it. */
function answerOf(value: unknown, field: string): { response: Message[]; rest: Row } {
  if (!isObject(value)) throw fieldError(field, value, 'an object with "answer"')
  const { answer, ...rest } = value
  if (typeof answer !== 'string') throw fieldError(`${field}.answer`, answer, 'text')
  return { response: assistantMessage(answer), rest }
}

function writtenAnswer(response: readonly Message[], rest: unknown): Row {
  return { ...(isObject(rest) ? rest : {}), answer: singleText(response, 'response') }
}
