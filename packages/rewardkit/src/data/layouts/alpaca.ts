import { buildGroup } from '../build.ts'
import { fieldError, optionalName, type Row } from '../fields.ts'
import type { Group, Message } from '../group.ts'
import { decidedPairsOf, isPresent, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { eachPreferred, isListOfTexts, textList } from './lists.ts'
import { assistantMessage, userMessage } from './messages.ts'

/** Where the question may be, in the order in which they are looked for. */
const questions = ['instruction', 'question', 'prompt', 'input'] as const

/**
 * Pairs in Alpaca's columns, as in LLaMA-Factory and many others: `instruction` with an optional `input`, which follows
 * on its own line. `chosen` and `rejected` are texts, or the two in a list `output`. `system` is the system turn,
 * `history` a list of [question, answer] in front. With `system`, the question may also be in `question`, `prompt` or
 * `input` (Intel's orca_dpo_pairs, argilla/distilabel-intel-orca-dpo-pairs). Instructions are messages.
 */
export const alpacaLayout: Layout<'alpaca'> = {
  name: 'alpaca',
  example: { instruction: 'Hi', input: '', chosen: 'a', rejected: 'b' },
  recognises: (row) =>
    hasTwoTexts(row) &&
    ((isText(row['instruction']) && !isPresent(row, 'prompt')) ||
      (isText(row['system']) && questions.some((column) => isText(row[column])))),
  read(row, { defaultId, options }) {
    const question = questions.find((column) => isText(row[column])) ?? 'instruction'
    const input = question === 'instruction' && isPresent(row, 'input') ? textField(row, 'input') : ''
    const text = textField(row, question)
    const [chosen = '', rejected = ''] = isPresent(row, 'output')
      ? textList(row, 'output', 2)
      : [textField(row, 'chosen'), textField(row, 'rejected')]
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages',
      prompt: [...systemTurn(row), ...historyOf(row), ...userMessage(input === '' ? text : `${text}\n${input}`)],
      responses: [chosen, rejected].map(assistantMessage),
      preferences: eachPreferred(1, 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, ['id', 'subset', 'system', 'history', 'chosen', 'rejected', 'output', question]),
    })
  },
  write: (group) =>
    decidedPairsOf(group).map(({ chosen, rejected }) => ({
      ...group.meta,
      id: group.id,
      ...(group.subset === undefined ? {} : { subset: group.subset }),
      ...writtenPrompt(group),
      chosen: singleText(chosen, 'chosen response'),
      rejected: singleText(rejected, 'rejected response'),
    })),
}

const isText = (value: unknown): value is string => typeof value === 'string'

const hasTwoTexts = ({ chosen, rejected, output }: Row): boolean =>
  (isText(chosen) && isText(rejected)) ||
  (chosen === undefined && rejected === undefined && isListOfTexts(output) && output.length === 2)

/** Turns after the system turn of a column `system`, unless they begin with their own. */
export const behindSystem = (row: Row, turns: readonly Message[]): readonly Message[] =>
  turns[0]?.role === 'system' ? turns : [...systemTurn(row), ...turns]

function systemTurn({ system }: Row): Message[] {
  return isText(system) && system !== '' ? [{ role: 'system', content: system }] : []
}

/** The column `system`, unless a prompt has a system turn that says something else: then it is a column like any other. */
export const readSystem = ({ system }: Row, [first]: readonly Message[]): readonly 'system'[] =>
  isText(system) && system !== '' && first?.content !== system ? [] : ['system']

/** The turns of a column `history`, a list of [question, answer]. */
export function historyOf({ history }: Row): Message[] {
  if (history === undefined || history === null) return []
  if (!Array.isArray(history)) throw fieldError('history', history, 'a list of [question, answer]')
  return history.flatMap((round: unknown, index) => {
    const [question, answer] = Array.isArray(round) && round.length === 2 ? (round as unknown[]) : []
    if (!isText(question) || !isText(answer))
      throw fieldError(`history[${index}]`, round, '[question, answer] as texts')
    return [...userMessage(question), ...assistantMessage(answer)]
  })
}

/** The prompt in its columns again; the end of the last turn is the input that the row had. */
function writtenPrompt({ prompt, meta }: Group): Row {
  const system = prompt[0]?.role === 'system' ? prompt.slice(0, 1) : []
  const turns = prompt.slice(system.length)
  const history: string[][] = []
  for (let index = 0; index + 1 < turns.length; index += 2)
    history.push([
      roleText(turns.slice(index, index + 1), 'user'),
      roleText(turns.slice(index + 1, index + 2), 'assistant'),
    ])
  const text = roleText(turns.slice(history.length * 2), 'user')
  const input = meta?.['input']
  const end = isText(input) && input !== '' ? `\n${input}` : undefined
  return {
    ...(system.length === 0 ? {} : { system: singleText(system, 'system turn') }),
    ...(history.length === 0 ? {} : { history }),
    instruction: end !== undefined && text.endsWith(end) ? text.slice(0, -end.length) : text,
    ...(end !== undefined && !text.endsWith(end) ? { input: '' } : {}),
  }
}

function roleText(messages: readonly Message[], role: string): string {
  if (messages[0]?.role === role) return singleText(messages, 'turn')
  throw fieldError('prompt', messages, 'turns of user and assistant, the user last, which this layout holds')
}
