import { buildGroup, conversation, type TextOrMessages, wholeConversations } from '../build.ts'
import { fieldError, isObject, type Row, textOrMessages } from '../fields.ts'
import type { Group, Preference } from '../group.ts'
import {
  asWritten,
  commonFields,
  isPresent,
  judgement,
  promptField,
  type Layout,
  writtenFields,
  writtenJudgement,
} from './layout.ts'
import { refuseNearMisses } from './near-misses.ts'
import { isTranscript, splitTranscripts } from './transcript.ts'

/** What `score` reads: {prompt, response}. */
export const responseLayout: Layout<'response'> = {
  name: 'response',
  recognises: (row) => isPresent(row, 'response'),
  read: (row, { defaultId }) => groupOf(row, defaultId, [textOrMessages(row['response'], 'response')]),
  write: (group) =>
    group.responses.map((response) => ({
      ...writtenFields(group),
      ...(group.prompt.length === 0 ? {} : { prompt: asWritten(group, group.prompt) }),
      response: asWritten(group, response),
    })),
}

/**
 * {prompt, responses} with any number of responses. With `preferences`, a list of {chosen, rejected, margin?, weight?,
 * probability?} that name responses by index, it is our own group layout.
 */
export const groupLayout: Layout<'groups'> = {
  name: 'groups',
  recognises: (row) => isPresent(row, 'responses'),
  read: (row, { defaultId }) => groupOf(row, defaultId, responsesOf(row)),
  write: (group) => {
    // A transcript is read as one from its strings, without a prompt column.
    const { prompt, responses, source } = group
    return [
      {
        ...writtenFields(group),
        ...(source || prompt.length === 0 ? {} : { prompt: asWritten(group, prompt) }),
        responses: source
          ? source.responses.map((text) => `${source.prompt}${text}`)
          : responses.map((response) => asWritten(group, response)),
        ...(group.preferences.length === 0 ? {} : { preferences: group.preferences.map(writtenPreference) }),
      },
    ]
  },
}

function groupOf(row: Row, defaultId: string, responses: readonly TextOrMessages[]): Group {
  // A word or a number is a verdict on the answers, which --columns choice= reads.
  const { preference } = row
  const isVerdict = typeof preference === 'string' ? !/^\s*[[{]/.test(preference) : typeof preference !== 'object'
  refuseNearMisses(row, isVerdict ? ['prompt'] : ['prompt', 'preferences'])
  const prompt = promptField(row)
  const common = commonFields(row, defaultId, ['prompt', 'response', 'responses', 'preferences'])
  const preferences = preferencesOf(row, responses.length)
  const texts = responses.filter((response) => typeof response === 'string')
  if (texts.length === responses.length && texts.every((text) => isTranscript(prompt ?? '', text))) {
    const transcripts = texts.map((text) => `${typeof prompt === 'string' ? prompt : ''}${text}`)
    return buildGroup({ ...common, form: 'transcript', ...splitTranscripts(transcripts), preferences })
  }
  const conversations = responses.filter((response) => typeof response !== 'string')
  const isWhole = prompt === undefined && conversations.length === responses.length
  const parts = isWhole ? wholeConversations(conversations) : conversation(prompt, responses)
  return buildGroup({ ...common, ...parts, preferences })
}

function responsesOf(row: Row): TextOrMessages[] {
  const { responses } = row
  if (!Array.isArray(responses) || responses.length === 0) {
    throw fieldError('responses', responses, 'a list with at least one response')
  }
  return responses.map((response: unknown, index) => textOrMessages(response, `responses[${index}]`))
}

function preferencesOf(row: Row, responses: number): Preference[] {
  const { preferences } = row
  if (preferences === undefined || preferences === null) return []
  if (!Array.isArray(preferences)) throw fieldError('preferences', preferences, 'a list of {chosen, rejected}')
  return preferences.map((item: unknown, index) => {
    const field = `preferences[${index}]`
    if (!isObject(item)) throw fieldError(field, item, 'an object {chosen, rejected}')
    const position = (name: string): number => {
      const value = item[name]
      if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < responses) return value
      throw fieldError(`${field}.${name}`, value, `the index of a response, 0 to ${responses - 1}`)
    }
    const [chosen, rejected] = [position('chosen'), position('rejected')]
    if (chosen === rejected) throw fieldError(`${field}.rejected`, rejected, 'another response than the chosen one')
    return { chosen, rejected, ...judgement(item) }
  })
}

/** With its fields in one order, whatever order the group was made in. */
function writtenPreference(preference: Preference): Row {
  return { chosen: preference.chosen, rejected: preference.rejected, ...writtenJudgement(preference) }
}
