import { at } from '../at.ts'
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

type Prompt = Omit<Left, 'sequences'>
type Read = (prompt: Prompt) => Promise<Left>

/** What a cut is made with. */
interface Cutting {
  readonly read: Read
  /** Tokens of the prompt with what the template writes around it, before a response that says nothing. */
  readonly promptTokens: (prompt: Prompt) => Promise<number>
  readonly maxLength: number
}

/**
 * Cuts the shared prompt of conversations until the longest fits. First it drops the oldest turns, as few as possible,
 * down to the last user turn. Then it drops the oldest characters of that turn and of what follows it, down to a
 * quarter of the maximum length in tokens. Then it drops the last characters of the leading system turns. If a response
 * still has no room, more of the last user turn goes.
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
  const promptTokens = async ({ system, turns }: Prompt) =>
    longest(await encodeConversations([[...system, ...turns, silent(at(responses, 0))]], tokenizer, pool))
  const startsOf = ({ system, turns, sequences }: Left) =>
    responseStarts(sequences, { prompt: [...system, ...turns], responses, tokenizer, pool })
  const fits = ({ sequences }: Left) => longest(sequences) <= maxLength

  const firstTurn = prompt.findIndex(({ role }) => role !== 'system')
  const systemTurns = firstTurn < 0 ? prompt.length : firstTurn
  const all = { system: prompt.slice(0, systemTurns), turns: prompt.slice(systemTurns), sequences: whole }
  const steps = [dropTurns, ...(rule === 1 ? [emptyUserTurn] : [shortenLastTurn, shortenSystem])]
  let left: Left = all
  for (const step of steps) if (!fits(left)) left = await step(left, { read, promptTokens, maxLength })
  if (rule === 2 && !fits(left)) {
    const hasRoomIn = async (one: Left) => hasRoom(one.sequences, await startsOf(one), maxLength)
    if (!(await hasRoomIn(left))) left = await shortenTurns(left, read, hasRoomIn)
  }
  return {
    sequences: left.sequences,
    prompt: left.turns !== all.turns,
    system: left.system !== all.system,
    starts: await startsOf(left),
  }
}

/** Where each response begins: the length that its conversation shares with the same one whose response is empty. */
export async function responseStarts(
  { ids, keep }: Sequences,
  { prompt, responses, tokenizer, pool }: Conversations,
): Promise<number[]> {
  const opened = responses.map((response) => [...prompt, silent(response)])
  const openings = await encodeConversations(opened, tokenizer, pool)
  return ids.map((sequence, index) =>
    Math.min(commonPrefixLength([sequence, openings.ids[index] ?? sequence]), sequence.length - keep),
  )
}

/** An empty message in the place of a response. */
const silent = (response: readonly Message[]): Message => ({ role: response[0]?.role ?? 'assistant', content: '' })

/** Drops the oldest turns, as few as will do, so that what is left begins with a user turn; the last of those stays. */
async function dropTurns(left: Left, { read, maxLength }: Cutting): Promise<Left> {
  const { turns } = left
  const starts = turns.flatMap(({ role }, index) => (role === 'user' && index > 0 ? [index] : []))
  const dropping = (count: number) => read({ ...left, turns: turns.slice(starts[count - 1]) })
  return (await leastCut(starts.length, left, dropping, within(maxLength))).result
}

/** Rule 1: the user turn that opens the rest loses as few of its oldest characters as will do, all of them if need be. */
async function emptyUserTurn(left: Left, { read, maxLength }: Cutting): Promise<Left> {
  const [turn, ...others] = left.turns
  if (turn?.role !== 'user') return left
  const without = (count: number) => read({ ...left, turns: [...withoutOldest([turn], count), ...others] })
  return (await leastCut(charactersIn([turn]), left, without, within(maxLength))).result
}

/** Takes as few of the oldest characters as will do, and spares a quarter of the maximum length. */
async function shortenLastTurn(left: Left, { read, maxLength, promptTokens }: Cutting): Promise<Left> {
  const characters = charactersIn(left.turns)
  const without = (count: number) => withoutOldest(left.turns, count)
  const spared = sparedTokens(maxLength) + (await promptTokens({ ...left, turns: without(characters) }))
  const isSpared = async (turns: readonly Message[]) => (await promptTokens({ ...left, turns })) >= spared
  if (!(await isSpared(left.turns))) return left
  const cut = (count: number) => read({ ...left, turns: without(count) })
  const { result: fewest } = await leastCut(characters, left, cut, within(maxLength))
  if (await isSpared(fewest.turns)) return fewest
  const tooMany = await leastCut(characters, left.turns, without, async (turns) => !(await isSpared(turns)))
  return tooMany.removed === 1 ? left : cut(tooMany.removed - 1)
}

/** Takes as few of the oldest characters as give each response room, all of them if need be. */
async function shortenTurns(left: Left, read: Read, hasRoomIn: (one: Left) => Promise<boolean>): Promise<Left> {
  const without = (count: number) => read({ ...left, turns: withoutOldest(left.turns, count) })
  return (await leastCut(charactersIn(left.turns), left, without, hasRoomIn)).result
}

/** Takes as few of the system turns' last characters as will do, all of them if need be. */
async function shortenSystem(left: Left, { read, maxLength }: Cutting): Promise<Left> {
  const without = (count: number) => read({ ...left, system: withoutLast(left.system, count) })
  return (await leastCut(charactersIn(left.system), left, without, within(maxLength))).result
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

/** Messages without `count` characters in all, of which the first message gives as many as it has. */
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
async function leastCut<T>(
  limit: number,
  uncut: T,
  cut: (count: number) => T | Promise<T>,
  isEnough: (result: T) => Promise<boolean>,
): Promise<{ readonly removed: number; readonly result: T }> {
  if (limit === 0) return { removed: 0, result: uncut }
  let best = { removed: limit, result: await cut(limit) }
  if (!(await isEnough(best.result))) return best
  let tooFew = 0
  while (best.removed - tooFew > 1) {
    const middle = Math.floor((tooFew + best.removed) / 2)
    const candidate = await cut(middle)
    if (await isEnough(candidate)) best = { removed: middle, result: candidate }
    else tooFew = middle
  }
  return best
}
