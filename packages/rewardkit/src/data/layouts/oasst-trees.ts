import { InputError } from '../../errors.ts'
import { buildGroup, contentOf } from '../build.ts'
import { fieldError, isObject, optionalNumber, type Row } from '../fields.ts'
import type { Group, Message } from '../group.ts'
import {
  isPresent,
  judgedByScore,
  otherColumns,
  type RowContext,
  type Layout,
  singleText,
  type Skipped,
} from './layout.ts'
import { isWantedLanguage } from './language.ts'
import { scoresOf } from './ranking.ts'

/**
 * Message trees of OpenAssistant (oasst1's `*.trees.jsonl.gz`). A message of the prompter with two or more ranked
 * replies makes a group of them; the prompt is the path from the root. Deleted messages, with everything below them,
 * and replies without a rank are left out. Synthetic messages are ranked like the others and stay. Of two replies the
 * one with the lower rank is preferred. The margin is the distance of the ranks divided by the largest possible one, so
 * the first and the last of a ranking are 1 apart. The language of the prompter's message is the subset.
 */
export const oasstTreesLayout: Layout<'oasst-trees'> = {
  name: 'oasst-trees',
  example: { message_tree_id: 't', prompt: { message_id: 't', text: 'Hi', role: 'prompter', replies: [] } },
  recognises: (row) => isPresent(row, 'message_tree_id') && isObject(row['prompt']) && 'replies' in row['prompt'],
  read(row, context) {
    const tree = otherColumns(row, ['prompt'])
    const message = messageOf(row['prompt'], 'prompt', 'prompter')
    const groups = message.rest['deleted'] === true ? [] : groupsBelow({ path: [], message, tree, context })
    return groups.length === 0 ? { skipped: 'no_ranked_replies' } : groups
  },
  write(group) {
    if (group.prompt.length === 0)
      throw new InputError('the prompt is empty; this layout holds replies to a message', {
        remedy: 'write pairs or groups',
      })
    const ranks = ranksOf(group)
    const { path, replies, ...tree } = group.meta ?? {}
    const details = (list: unknown, index: number, otherwise: Row): Row => {
      const detail: unknown = Array.isArray(list) ? list[index] : undefined
      return isObject(detail) ? detail : otherwise
    }
    const last = group.prompt.length - 1
    const ranked = group.responses.map((response, index) => ({
      ...details(replies, index, { message_id: `${group.id}-${index}`, parent_id: group.id }),
      role: 'assistant',
      text: singleText(response, 'response'),
      rank: ranks[index],
      replies: [],
    }))
    const root = group.prompt.reduceRight<readonly Row[]>(
      (below, message, index) => [
        {
          ...details(path, index, {
            message_id: index === last ? group.id : `${group.id}-prompt-${index}`,
            ...(group.subset === undefined ? {} : { lang: group.subset }),
          }),
          role: roleOf(message.role, index, last),
          text: contentOf(message),
          replies: below,
        },
      ],
      ranked,
    )[0]
    return [{ message_tree_id: group.id, ...tree, prompt: root }]
  },
}

/** A message of the tree, checked. */
interface Node {
  readonly role: string
  readonly text: string
  readonly rank: number | undefined
  readonly replies: readonly Node[]
  /** All but role, text, rank and replies. */
  readonly rest: Row
}

/** Where a walk through the tree is. */
interface Place {
  /** The messages above. */
  readonly path: readonly Node[]
  readonly message: Node
  /** The columns of the tree. */
  readonly tree: Row
  readonly context: RowContext
}

/** The message and all below it, without what was deleted. Roles alternate. */
function messageOf(value: unknown, field: string, role: 'prompter' | 'assistant'): Node {
  if (!isObject(value)) throw fieldError(field, value, 'a message {"role", "text", "replies"}')
  const { text, replies = [], ...rest } = value
  if (value['role'] !== role) throw fieldError(`${field}.role`, value['role'], `"${role}", for roles alternate`)
  if (typeof text !== 'string') throw fieldError(`${field}.text`, text, 'text')
  if (replies !== null && !Array.isArray(replies)) throw fieldError(`${field}.replies`, replies, 'a list of messages')
  const other = role === 'prompter' ? 'assistant' : 'prompter'
  return {
    role,
    text,
    rank: rankOf(value, field),
    replies: (replies ?? [])
      .map((reply: unknown, index) => ({ reply, field: `${field}.replies[${index}]` }))
      .filter(({ reply }) => !(isObject(reply) && reply['deleted'] === true))
      .map(({ reply, field: at }) => messageOf(reply, at, other)),
    rest: otherColumns(rest, ['role', 'rank']),
  }
}

function rankOf(value: Row, field: string): number | undefined {
  const { rank } = value
  if (rank !== undefined && rank !== null && !Number.isInteger(rank))
    throw fieldError(`${field}.rank`, rank, 'a whole number')
  return optionalNumber(value, 'rank')
}

function groupsBelow({ path, message, tree, context }: Place): readonly (Group | Skipped)[] {
  const below = [...path, message]
  return [
    ...(message.role === 'prompter' ? groupOf(below, tree, context) : []),
    ...message.replies.flatMap((reply) => groupsBelow({ path: below, message: reply, tree, context })),
  ]
}

/** The group of the last message of a path, and what was left out of it. */
function groupOf(path: readonly Node[], tree: Row, { defaultId, options }: RowContext): readonly (Group | Skipped)[] {
  const message = path.at(-1)
  const ranked =
    message?.replies.flatMap((reply) => (reply.rank === undefined ? [] : { ...reply, rank: reply.rank })) ?? []
  if (!message || ranked.length < 2) return []
  if (!isWantedLanguage(message.rest, 'lang', options)) return [{ skipped: 'language' }]
  const order = [...new Set(ranked.map(({ rank }) => rank))].toSorted((one, other) => one - other)
  const scores = ranked.map(({ rank }) => -order.indexOf(rank))
  const { preferences, skipped } = judgedByScore(scores, options, ranked.length - 1)
  if (preferences.length === 0) return skipped
  const { message_id: id, lang } = message.rest
  const group = buildGroup({
    id: typeof id === 'string' ? id : defaultId,
    form: 'messages',
    prompt: path.map(({ role, text }) => ({ role: role === 'prompter' ? 'user' : role, content: text })),
    responses: ranked.map(({ text }): Message[] => [{ role: 'assistant', content: text }]),
    preferences,
    subset: typeof lang === 'string' ? lang : undefined,
    meta: { ...tree, path: path.map(({ rest }) => rest), replies: ranked.map(({ rest }) => rest) },
  })
  return [group, ...skipped]
}

/** The rank of each response: how many are better. */
function ranksOf(group: Group): number[] {
  const scores = scoresOf(group, [])
  return scores.map((score) => scores.filter((other) => other > score).length)
}

function roleOf(role: string, index: number, last: number): string {
  if (role === (index % 2 === 0 ? 'user' : 'assistant') && last % 2 === 0) return role === 'user' ? 'prompter' : role
  throw new InputError(
    `turn ${index + 1} of ${last + 1} of the prompt has the role "${role}"; this layout holds alternating turns of user and assistant, from the user to the user`,
    { remedy: 'write pairs or groups' },
  )
}
