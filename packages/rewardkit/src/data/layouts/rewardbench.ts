import { buildGroup } from '../build.ts'
import { optionalName } from '../fields.ts'
import { isPresent, otherColumns, decidedPairsOf, type Layout, singleText, textField } from './layout.ts'
import { chosenAndRejected, eachPreferred, isListOfTexts, textList } from './lists.ts'
import { assistantMessage, promptMessages, writtenPrompt } from './messages.ts'

/**
 * RewardBench (allenai/reward-bench): pairs whose prompt and responses are texts of conversations. They become
 * messages, because its own code renders them with the chat template; the same columns as plain pairs stay text.
 * Recognised by the columns `chosen_model` and `rejected_model`, which may be null and stay in `meta`. `subset` is the
 * subset.
 */
export const rewardbenchLayout: Layout<'rewardbench'> = {
  name: 'rewardbench',
  example: { prompt: 'Hi', chosen: 'a', chosen_model: 'm', rejected: 'b', rejected_model: 'n', subset: 's', id: 1 },
  recognises: (row) =>
    isPresent(row, 'prompt') &&
    ['chosen_model', 'rejected_model'].every((column) => column in row) &&
    typeof row['chosen'] === 'string' &&
    typeof row['rejected'] === 'string',
  read: (row, { defaultId, options }) =>
    buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages',
      prompt: promptMessages(row, 'prompt'),
      responses: ['chosen', 'rejected'].map((column) => assistantMessage(textField(row, column))),
      preferences: eachPreferred(1, 1, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, ['id', 'prompt', 'chosen', 'rejected', 'subset']),
    }),
  write: (group) =>
    decidedPairsOf(group).map(({ chosen, rejected }) => ({
      chosen_model: null,
      rejected_model: null,
      ...group.meta,
      id: group.id,
      prompt: writtenPrompt(group.prompt),
      chosen: singleText(chosen, 'chosen response'),
      rejected: singleText(rejected, 'rejected response'),
      ...(group.subset === undefined ? {} : { subset: group.subset }),
    })),
}

const counts = ['num_correct', 'num_incorrect', 'total_completions']

/**
 * RewardBench 2 (allenai/reward-bench-2): lists of `chosen` and `rejected` texts. They become one group in which each
 * chosen response is preferred to each rejected one. Mostly one against three. The subset Ties has several correct
 * ones, without a preference between them (the benchmark asks more of their rewards than pairs can say). The counts of
 * responses are those of the lists and are written from them.
 */
export const rewardbench2Layout: Layout<'rewardbench2'> = {
  name: 'rewardbench2',
  example: { id: '1', prompt: 'Hi', chosen: ['a'], rejected: ['b', 'c', 'd'], num_correct: 1, subset: 's' },
  recognises: (row) =>
    isPresent(row, 'prompt') &&
    isListOfTexts(row['chosen']) &&
    isListOfTexts(row['rejected']) &&
    counts.some((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const [chosen, rejected] = [textList(row, 'chosen'), textList(row, 'rejected')]
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages',
      prompt: promptMessages(row, 'prompt'),
      responses: [...chosen, ...rejected].map(assistantMessage),
      preferences: eachPreferred(chosen.length, rejected.length, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, ['id', 'prompt', 'chosen', 'rejected', 'subset', ...counts]),
    })
  },
  write(group) {
    const { chosen, rejected } = chosenAndRejected(group)
    return [
      {
        ...group.meta,
        id: group.id,
        prompt: writtenPrompt(group.prompt),
        chosen: chosen.map((response) => singleText(response, 'chosen response')),
        rejected: rejected.map((response) => singleText(response, 'rejected response')),
        num_correct: chosen.length,
        num_incorrect: rejected.length,
        total_completions: chosen.length + rejected.length,
        ...(group.subset === undefined ? {} : { subset: group.subset }),
      },
    ]
  },
}
