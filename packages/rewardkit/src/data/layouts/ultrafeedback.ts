import { buildGroup } from '../build.ts'
import { fieldError, numberError, isObject, optionalName, optionalNumber, textOrMessages, type Row } from '../fields.ts'
import type { Group, Preference } from '../group.ts'
import {
  isPresent,
  judged,
  judgedByScore,
  otherColumns,
  pairsOf,
  type Layout,
  singleText,
  textField,
} from './layout.ts'
import { assistantMessage, userMessage } from './messages.ts'
import { splitPair } from './pair.ts'
import { keptObjects, marginScores, rankedGroup, scoresOf } from './ranking.ts'

/**
 * UltraFeedback (openbmb/UltraFeedback): four completions of an instruction, which become a group with a preference
 * between any two of different score; `source` is the subset. The score is the mean of the ratings of the aspects (1 to
 * 5; `fine-grained_score`, if present), the margin the difference of two. `overall_score` is not read. The first
 * release has 2,628 completions of overall score 10, many of which should be 1 (issue 8 of its repository), and copies
 * of that release still exist. Others binarise by overall_score, HuggingFaceH4/ultrafeedback_binarized among them. A
 * completion without any rating ("N/A") is left out and counted.
 */
export const ultrafeedbackLayout: Layout<'ultrafeedback'> = {
  name: 'ultrafeedback',
  example: { source: 's', instruction: 'Hi', models: ['m'], completions: [{ response: 'a' }] },
  recognises: (row) => isPresent(row, 'instruction') && Array.isArray(row['completions']),
  read(row, { defaultId, options }) {
    const prompt = textField(row, 'instruction')
    const completions = completionsOf(row)
    const rated = completions.filter(({ score }) => score !== undefined)
    const scores = rated.map(({ score = NaN }) => score)
    const unrated = completions.filter(({ score }) => score === undefined).map(() => ({ skipped: 'unrated' }))
    const parts = {
      id: defaultId,
      form: 'messages' as const,
      prompt: userMessage(prompt),
      responses: rated.map(({ response }) => assistantMessage(response)),
      subset: optionalName(row, 'source'),
      meta: {
        ...otherColumns(row, ['instruction', 'completions', 'source']),
        completions: rated.map(({ rest }) => rest),
      },
    }
    const { preferences, skipped } = judgedByScore(scores, options)
    return rankedGroup(parts, { preferences, skipped: [...skipped, ...unrated] })
  },
  write(group) {
    const kept = keptObjects(group, 'completions')
    const known = kept.map((rest, index) => scoreOf(rest, index) ?? NaN)
    const scores = scoresOf(group, [known, marginScores(group)])
    return [
      {
        ...group.meta,
        ...(group.subset === undefined ? {} : { source: group.subset }),
        instruction: singleText(group.prompt, 'prompt'),
        completions: group.responses.map((response, index) => ({
          ...kept[index],
          response: singleText(response, 'response'),
          ...(scores === known ? {} : { 'fine-grained_score': scores[index] }),
        })),
      },
    ]
  },
}

interface Completion {
  readonly response: string
  readonly score: number | undefined
  /** The completion without its response. */
  readonly rest: Row
}

function completionsOf(row: Row): Completion[] {
  const { completions } = row
  if (!Array.isArray(completions)) throw fieldError('completions', completions, 'a list of completions')
  return completions.map((item: unknown, index) => {
    const field = `completions[${index}]`
    if (!isObject(item)) throw fieldError(field, item, 'an object with response and annotations')
    const { response, ...rest } = item
    if (typeof response !== 'string') throw fieldError(`${field}.response`, response, 'text')
    return { response, score: scoreOf(rest, index), rest }
  })
}

/** The mean of the ratings; undefined where there is none. */
function scoreOf(completion: Row, index: number): number | undefined {
  const score = `completions[${index}].fine-grained_score`
  const given = optionalNumber({ [score]: completion['fine-grained_score'] }, score)
  if (given !== undefined) return given
  const { annotations } = completion
  if (annotations === undefined || annotations === null) return undefined
  const field = `completions[${index}].annotations`
  if (!isObject(annotations)) throw fieldError(field, annotations, 'an object of aspects')
  const ratings = Object.entries(annotations).flatMap(([aspect, annotation]) => {
    const rating = isObject(annotation) ? annotation['Rating'] : undefined
    if (rating === undefined || rating === null || rating === 'N/A') return []
    const value = typeof rating === 'string' && rating.trim() !== '' ? Number(rating) : rating
    if (typeof value === 'number' && Number.isFinite(value)) return [value]
    throw numberError(`${field}.${aspect}.Rating`, rating, 'a number, as text or not, or "N/A"')
  })
  return ratings.length === 0 ? undefined : ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length
}

const binarized = ['prompt', 'chosen', 'rejected', 'messages']

/**
 * HuggingFaceH4/ultrafeedback_binarized: the completion of the highest overall_score against a random other one, both as
 * whole conversations. The margin is score_chosen - score_rejected (1 to 10); equal scores are a tie. `messages` is the
 * chosen conversation once more and not kept.
 */
export const ultrafeedbackBinarizedLayout: Layout<'ultrafeedback-binarized'> = {
  name: 'ultrafeedback-binarized',
  example: {
    prompt: 'Hi',
    chosen: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    rejected: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello.' },
    ],
    score_chosen: 8,
    score_rejected: 5,
  },
  recognises: (row) =>
    ['chosen', 'rejected', 'score_chosen', 'score_rejected'].every((column) => isPresent(row, column)),
  read(row, { defaultId, options }) {
    const parts = splitPair(
      userMessage(textField(row, 'prompt')),
      textOrMessages(row['chosen'], 'chosen'),
      textOrMessages(row['rejected'], 'rejected'),
    )
    const [chosen, rejected] = [scoreField(row, 'score_chosen'), scoreField(row, 'score_rejected')]
    if (rejected > chosen) throw fieldError('score_rejected', rejected, `no more than score_chosen, which is ${chosen}`)
    const preference = judged(chosen === rejected ? null : 0, options, chosen - rejected)
    if ('skipped' in preference) return preference
    const id = optionalName(row, 'prompt_id') ?? defaultId
    return buildGroup({ id, ...parts, preferences: [preference], meta: otherColumns(row, binarized) })
  },
  write: (group) =>
    pairsOf(group).map(({ chosen, rejected, preference }) => {
      const prompt = singleText(group.prompt, 'prompt')
      const conversation = [...userMessage(prompt), ...chosen]
      return {
        ...group.meta,
        prompt,
        chosen: conversation,
        rejected: [...userMessage(prompt), ...rejected],
        messages: conversation,
        ...scoresOfPair(preference, group.meta),
      }
    }),
}

function scoreField(row: Row, field: string): number {
  const value = optionalNumber(row, field)
  if (value === undefined) throw numberError(field, row[field], 'a number')
  return value
}

/** The scores that the row had, where they still differ by the margin; 1 and 0 where there is none above 0. */
function scoresOfPair({ probability, margin = 0 }: Preference, meta: Group['meta']): Row {
  const difference = probability === 0.5 ? 0 : margin > 0 ? margin : 1
  const [chosen, rejected] = [meta?.['score_chosen'], meta?.['score_rejected']]
  const isKept = typeof chosen === 'number' && typeof rejected === 'number' && chosen - rejected === difference
  return isKept ? {} : { score_chosen: difference, score_rejected: 0 }
}
