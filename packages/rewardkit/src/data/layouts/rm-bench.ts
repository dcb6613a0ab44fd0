import { InputError } from '../../errors.ts'
import { buildGroup } from '../build.ts'
import { optionalName } from '../fields.ts'
import { isPresent, otherColumns, type Layout, singleText } from './layout.ts'
import { chosenAndRejected, eachPreferred, isListOfTexts, textList } from './lists.ts'
import { assistantMessage, promptMessages, writtenPrompt } from './messages.ts'

/** Concise, detailed in plain text, detailed with markdown. */
const styleCount = 3

/**
 * RM-Bench (THU-KEG/RM-Bench): `chosen` and `rejected` are three texts each: concise, detailed plain, detailed
 * markdown. They become one group of six responses in this order, with 3 x 3 preferences, those of the first chosen one
 * first. The pair of chosen style i and rejected style j is preference 3 i + j. `domain` is the subset; files of single
 * domains have none, and use `subset` instead.
 */
export const rmBenchLayout: Layout<'rm-bench'> = {
  name: 'rm-bench',
  example: { id: 1, prompt: 'Hi', chosen: ['a', 'b', 'c'], rejected: ['d', 'e', 'f'], domain: 'chat' },
  recognises: (row) =>
    isPresent(row, 'prompt') &&
    !isPresent(row, 'num_correct') &&
    !isPresent(row, 'total_completions') &&
    [row['chosen'], row['rejected']].every((texts) => isListOfTexts(texts) && texts.length === styleCount),
  read(row, { defaultId, options }) {
    const responses = [...textList(row, 'chosen', styleCount), ...textList(row, 'rejected', styleCount)]
    const subset = isPresent(row, 'domain') ? 'domain' : 'subset'
    return buildGroup({
      id: optionalName(row, 'id') ?? defaultId,
      form: 'messages',
      prompt: promptMessages(row, 'prompt'),
      responses: responses.map(assistantMessage),
      preferences: eachPreferred(styleCount, styleCount, options),
      subset: optionalName(row, subset),
      meta: otherColumns(row, ['id', 'prompt', 'chosen', 'rejected', subset]),
    })
  },
  write(group) {
    const { chosen, rejected } = chosenAndRejected(group)
    if (chosen.length !== styleCount || rejected.length !== styleCount)
      throw new InputError(
        `found ${chosen.length} chosen and ${rejected.length} rejected responses; this layout holds ${styleCount} of each`,
        { remedy: 'write groups' },
      )
    return [
      {
        ...group.meta,
        id: group.id,
        prompt: writtenPrompt(group.prompt),
        chosen: chosen.map((response) => singleText(response, 'chosen response')),
        rejected: rejected.map((response) => singleText(response, 'rejected response')),
        ...(group.subset === undefined ? {} : { domain: group.subset }),
      },
    ]
  },
}
