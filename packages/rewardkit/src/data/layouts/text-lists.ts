import { InputError } from '../../errors.ts'
import { phrase, settings } from '../../phrase.ts'
import { buildGroup } from '../build.ts'
import { optionalName } from '../fields.ts'
import { isPresent, otherColumns, type Layout, singleText } from './layout.ts'
import { chosenAndRejected, eachPreferred, isListOfTexts, textList } from './lists.ts'
import { assistantMessage, promptMessages, writtenPrompt } from './messages.ts'
import { rewardbench2Layout } from './rewardbench.ts'
import { rmBenchLayout } from './rm-bench.ts'

/**
 * `chosen` and `rejected` as lists of texts under one `prompt`: answers of which each chosen one is preferred to each
 * rejected one. The prompt and the answers are messages. Without a prompt the texts could as well be the turns of a
 * conversation, so such rows are an error.
 */
export const textListsLayout: Layout<'text-lists'> = {
  name: 'text-lists',
  example: { prompt: 'Hi', chosen: ['a'], rejected: ['b', 'c'] },
  recognises: (row) =>
    isListOfTexts(row['chosen']) &&
    isListOfTexts(row['rejected']) &&
    ![rewardbench2Layout, rmBenchLayout].some((layout) => layout.recognises(row)),
  read(row, { defaultId, options }) {
    if (!isPresent(row, 'prompt'))
      throw new InputError(
        '"chosen" and "rejected" are lists of texts without a prompt: they may be answers or turns',
        {
          remedy: phrase`name the prompt (${settings({ columns: ['prompt=COLUMN'] })}), or write turns as {"role", "content"}`,
        },
      )
    const [chosen, rejected] = [textList(row, 'chosen'), textList(row, 'rejected')]
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages',
      prompt: promptMessages(row, 'prompt'),
      responses: [...chosen, ...rejected].map(assistantMessage),
      preferences: eachPreferred(chosen.length, rejected.length, options),
      subset: optionalName(row, 'subset'),
      meta: otherColumns(row, ['id', 'prompt', 'chosen', 'rejected', 'subset']),
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
        ...(group.subset === undefined ? {} : { subset: group.subset }),
      },
    ]
  },
}
