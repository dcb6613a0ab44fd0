import { contentOf } from '../data/build.ts'
import type { Message } from '../data/group.ts'
import { encodeConversations, type Pool, type Sequences } from './sequences.ts'
import type { Tokenizer } from './tokenizer.ts'
import { commonPrefixLength, hasRoom, longest, type PromptCut, sparedTokens, type TruncationRule } from './truncate.ts'

/** Conversations that begin with the same prompt, and how they are read. */
export interface Conversations {
  readonly prompt: readonly Message[]
  readonly responses: readonly (readonly Message[])[]
  readonly tokenizer: Tokenizer
  readonly pool: Pool
}

/** What is left of a prompt, and the conversations with it. */
interface Left {
  readonly system: readonly Message[]
  readonly turns: readonly Message[]
  readonly sequences: Sequences
}

type Read = (prompt: Omit<Left, 'sequences'>) => Promise<Left>

/**
 * Cuts the shared prompt of conversations until the longest fits. First go the oldest turns, as few as will do, down to
 * the last user turn; then the oldest characters of that turn and of what follows it, down to a quarter of the maximum
 * length in tokens; then the last characters of the leading system turns. Where a response has no room even then, more
 * of the last user turn goes.
 */
export async function cutConversation(
  whole: Sequences,
  { prompt, responses, tokenizer, pool }: Conversations,
  maxLength: number,
  rule: TruncationRule,
): Promise<PromptCut> {
  const read: Read = async ({ system, turns }) => {
    const conversations = responses.map((response) => [...system, ...turns, ...response])
    return { system, turns, sequences: await encodeConversations(conversations, tokenizer, pool) }
  }
  const startsOf = ({ system, turns, sequences }: Left) =>
    responseStarts(sequences, { prompt: [...system, ...turns], responses, tokenizer, pool })
  const fits = ({ sequences }: Left) => longest(sequences) <= maxLength

  const firstTurn = prompt.findIndex(({ role }) => role !== 'system')
  const systemTurns = firstTurn < 0 ? prompt.length : firstTurn
  const all = { system: prompt.slice(0, systemTurns), turns: prompt.slice(systemTurns), sequences: whole }
  const steps = [dropTurns, ...(rule === 1 ? [emptyUserTurn] : [shortenLastTurn, shortenSystem])]
  let left: Left = all
  for (const step of steps) if (!fits(left)) left = await step(left, read, maxLength)
  if (rule === 2 && !fits(left)) {
    const hasRoomIn = async (one: Left) => hasRoom(one.sequences, await startsOf(one), maxLength)
    if (!(await hasRoomIn(left))) left = await shortenTurns(left, read, hasRoomIn)
  }
  return {
    sequences: left.sequences,
    prompt: left.turns !== all.turns,
    system: left.system !== all.system,
    starts: fits(left) ? [] : await startsOf(left),
  }
}

/** Where each response begins: as far as a conversation goes alike whose response says nothing. */
export async function responseStarts(
  { ids, keep }: Sequences,
  { prompt, responses, tokenizer, pool }: Conversations,
): Promise<number[]> {
  const silent = responses.map(([first]) => [...prompt, { role: first?.role ?? 'assistant', content: '' }])
  const openings = await encodeConversations(silent, tokenizer, pool)
  return ids.map((sequence, index) =>
    Math.min(commonPrefixLength([sequence, openings.ids[index] ?? sequence]), sequence.length - keep),
  )
}

/** Drops the oldest turns, as few as will do, so that what is left begins with a user turn; the last of those stays. */
async function dropTurns(left: Left, read: Read, maxLength: number): Promise<Left> {
  const { turns } = left
  const starts = turns.flatMap(({ role }, index) => (role === 'user' && index > 0 ? [index] : []))
  const dropping = (count: number) => read({ ...left, turns: turns.slice(starts[count - 1]) })
  return (await leastCut(starts.length, left, dropping, within(maxLength))).left
}

/** Rule 1: the user turn that opens the rest loses as few of its oldest characters as will do, all of them if need be. */
async function emptyUserTurn(left: Left, read: Read, maxLength: number): Promise<Left> {
  const [turn, ...others] = left.turns
  if (turn?.role !== 'user') return left
  const without = (count: number) => read({ ...left, turns: [...withoutOldest([turn], count), ...others] })
  return (await leastCut(charactersIn([turn]), left, without, within(maxLength))).left
}

/** Takes as few of the oldest characters as will do, and spares a quarter of the maximum length. */
async function shortenLastTurn(left: Left, read: Read, maxLength: number): Promise<Left> {
  const characters = charactersIn(left.turns)
  const without = async (count: number) =>
    count === 0 ? left : read({ ...left, turns: withoutOldest(left.turns, count) })
  const emptied = await without(characters)
  const spared = sparedTokens(maxLength, 2)
  const isSpared = ({ sequences }: Left) => longest(sequences) - longest(emptied.sequences) >= spared
  if (!isSpared(left)) return left
  const { left: fewest } = await leastCut(characters, left, without, within(maxLength))
  if (isSpared(fewest)) return fewest
  const tooMany = await leastCut(characters, left, without, async (one) => !isSpared(one))
  return without(tooMany.removed - 1)
}

/** Takes as few of the oldest characters as give each response room, all of them if need be. */
async function shortenTurns(left: Left, read: Read, hasRoomIn: (one: Left) => Promise<boolean>): Promise<Left> {
  const without = (count: number) => read({ ...left, turns: withoutOldest(left.turns, count) })
  return (await leastCut(charactersIn(left.turns), left, without, hasRoomIn)).left
}

/** Takes as few of the system turns' last characters as will do, all of them if need be. */
async function shortenSystem(left: Left, read: Read, maxLength: number): Promise<Left> {
  const without = (count: number) => read({ ...left, system: withoutLast(left.system, count) })
  return (await leastCut(charactersIn(left.system), left, without, within(maxLength))).left
}

const within =
  (maxLength: number) =>
  async ({ sequences }: Left) =>
    longest(sequences) <= maxLength

const charactersIn = (messages: readonly Message[]): number =>
  messages.reduce((sum, message) => sum + Array.from(contentOf(message)).length, 0)

const withoutOldest = (messages: readonly Message[], count: number): Message[] =>
  withoutCharacters(messages, count, (characters, taken) => characters.slice(taken))

const withoutLast = (messages: readonly Message[], count: number): Message[] =>
  withoutCharacters(messages.toReversed(), count, (characters, taken) => characters.slice(0, -taken)).toReversed()

/** Messages without so many characters in all, of which the first message gives as many as it has. */
function withoutCharacters(
  messages: readonly Message[],
  count: number,
  rest: (characters: string[], taken: number) => string[],
): Message[] {
  let left = count
  return messages.map((message) => {
    const characters = Array.from(contentOf(message))
    const taken = Math.min(left, characters.length)
    left -= taken
    return taken === 0 ? message : { ...message, content: rest(characters, taken).join('') }
  })
}

/** The smallest cut of 1 to `limit` that is enough, by bisection; the largest where none is. */
async function leastCut(
  limit: number,
  uncut: Left,
  cut: (count: number) => Promise<Left>,
  isEnough: (left: Left) => Promise<boolean>,
): Promise<{ readonly removed: number; readonly left: Left }> {
  if (limit === 0) return { removed: 0, left: uncut }
  let best = { removed: limit, left: await cut(limit) }
  if (!(await isEnough(best.left))) return best
  let tooFew = 0
  while (best.removed - tooFew > 1) {
    const middle = Math.floor((tooFew + best.removed) / 2)
    const candidate = await cut(middle)
    if (await isEnough(candidate)) best = { removed: middle, left: candidate }
    else tooFew = middle
  }
  return best
}
