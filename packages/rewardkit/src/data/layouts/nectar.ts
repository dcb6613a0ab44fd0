import { at } from '../../at.ts'
import { fieldError, numberError, isObject, optionalNumber, type Row } from '../fields.ts'
import type { Message } from '../group.ts'
import { isPresent, judgedByScore, otherColumns, type Layout, singleText, textField } from './layout.ts'
import { assistantMessage } from './messages.ts'
import { keptObjects, rankedGroup, scoresOf } from './ranking.ts'
import { splitTranscripts, writtenTurns } from './transcript.ts'

/** What the prompt of a row ends with: the turn that the answers continue. */
const openAnswer = '\n\nAssistant: '

/**
 * Nectar (berkeley-nest/Nectar): seven answers of different models, ranked (1 is the best), which become a group with a
 * preference between any two of different rank. The margin is the distance of their ranks divided by the number of
 * answers less one: with ranks 1 to 7, 1 between the first and the last. The prompt is a transcript, "\n\nHuman: ...\n\nAssistant: ";
 * it becomes messages, while answers are whole, whatever they contain. What else a row says of an answer stays in
 * `meta.answers`.
 */
export const nectarLayout: Layout<'nectar'> = {
  name: 'nectar',
  example: { prompt: '\n\nHuman: Hi\n\nAssistant: ', answers: [{ answer: 'a', rank: 1 }], turns: 1 },
  recognises: (row) => isPresent(row, 'prompt') && Array.isArray(row['answers']),
  read(row, { defaultId, options }) {
    const prompt = turnsOf(textField(row, 'prompt'))
    const answers = answersOf(row)
    const responses = answers.map(({ answer }, index) => {
      if (typeof answer === 'string') return assistantMessage(answer)
      throw fieldError(`answers[${index}].answer`, answer, 'text')
    })
    const scores = answers.map((answer, index) => {
      const field = `answers[${index}].rank`
      const rank = optionalNumber({ [field]: answer['rank'] }, field)
      if (rank === undefined) throw numberError(field, answer['rank'], 'a number, 1 for the best')
      return -rank
    })
    const parts = {
      id: defaultId,
      form: 'messages' as const,
      prompt,
      responses,
      meta: {
        ...otherColumns(row, ['prompt', 'answers']),
        answers: answers.map((answer) => otherColumns(answer, ['answer'])),
      },
    }
    return rankedGroup(parts, judgedByScore(scores, options, answers.length - 1))
  },
  write(group) {
    const kept = keptObjects(group, 'answers')
    const known = kept.map(({ rank }) => (typeof rank === 'number' ? -rank : NaN))
    const scores = scoresOf(group, [known])
    return [
      {
        ...group.meta,
        prompt: `${writtenTurns(group.prompt)}${openAnswer}`,
        answers: group.responses.map((response, index) => ({
          ...kept[index],
          answer: singleText(response, 'response'),
          ...(scores === known ? {} : { rank: rankOf(scores, index) }),
        })),
      },
    ]
  },
}

/** 1 and how many responses are better. */
const rankOf = (scores: readonly number[], index: number) =>
  1 + scores.filter((score) => score > at(scores, index)).length

function turnsOf(prompt: string): Message[] {
  const [transcript, expected] = [prompt.trimEnd(), 'a transcript "\\n\\nHuman: ...\\n\\nAssistant: "']
  if (!/^\s*Human:/.test(transcript) || !transcript.endsWith('\n\nAssistant:'))
    throw fieldError('prompt', prompt, expected)
  const messages = splitTranscripts([transcript]).prompt
  if (messages.length === 0) throw fieldError('prompt', prompt, expected)
  return messages
}

function answersOf(row: Row): Row[] {
  const { answers } = row
  if (!Array.isArray(answers) || answers.length < 2) throw fieldError('answers', answers, 'a list of at least two')
  return answers.map((item: unknown, index) => {
    if (isObject(item)) return item
    throw fieldError(`answers[${index}]`, item, 'an object {answer, model, rank}')
  })
}
