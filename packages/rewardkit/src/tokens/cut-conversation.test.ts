import { expect, test } from 'vitest'
import { at } from '../at.ts'
import type { Message } from '../data/group.ts'
import { createRandom, type Random } from '../random.ts'
import { folderOf } from './fixtures/fixtures.ts'
import { group, longest, message, read, uncut } from './fixtures/truncation.ts'
import { loadTokenizer, type Tokenizer } from './tokenizer.ts'
import type { Truncation, TruncationRule } from './truncate.ts'

// Each digit is a token, so every cut can be counted by hand: a prompt has the tokens of its contents and those that the
// template writes around each turn.

type Turns = readonly Message[]
interface Prompt {
  readonly system: Turns
  readonly turns: Turns
}

/** What must be left of a prompt: the rules as the documentation gives them, every length tried from the smallest cut. */
function cutByHand(
  { system, turns }: Prompt,
  responses: readonly string[],
  tokensOf: (prompt: Prompt) => number,
  cut: {
    maxLength: number
    truncation: Truncation
    rule: TruncationRule
    /** Tokens of the ending, which stay. */
    ending: number
  },
): Prompt | 'too_long' {
  const { maxLength, rule } = cut
  const whole = { system, turns }
  const fits = (prompt: Prompt) =>
    responses.every((response) => tokensOf(prompt) + response.length + cut.ending <= maxLength)
  /** Whether each response, none of which is empty, keeps a token before its end. */
  const hasRoom = (prompt: Prompt) => tokensOf(prompt) + 1 + cut.ending <= maxLength
  if (cut.truncation === 'response-right' && (rule === 1 || hasRoom(whole))) return whole

  const candidates = (
    from: Prompt,
    limit: number,
    shorten: (count: number) => Prompt,
    enough: (prompt: Prompt) => boolean,
  ) => [...Array(limit + 1).keys()].map((count) => (count === 0 ? from : shorten(count))).find(enough)
  let left: Prompt = whole

  const users = turns.flatMap(({ role }, i) => (role === 'user' && i > 0 ? [i] : []))
  const dropped = users.map((from) => ({ system, turns: turns.slice(from) }))
  if (!fits(left)) left = dropped.find(fits) ?? dropped.at(-1) ?? left

  if (rule === 1) {
    const [first, ...others] = left.turns
    if (fits(left) || first?.role !== 'user' || digitsIn([first]) === 0) return left
    const shorten = (count: number) => ({ system, turns: [...withoutOldest([first], count), ...others] })
    const limit = digitsIn([first])
    return candidates(left, limit, shorten, fits) ?? shorten(limit)
  }

  const { turns: kept } = left
  const oldest = (count: number) => ({ ...left, turns: withoutOldest(kept, count) })
  const mayGo = Math.max(0, digitsIn(kept) - Math.floor(maxLength / 4))
  if (!fits(left) && mayGo > 0) left = candidates(left, mayGo, oldest, fits) ?? oldest(mayGo)

  const newest = (count: number) => ({ ...left, system: withoutNewest(system, count) })
  const systemDigits = digitsIn(system)
  if (!fits(left) && systemDigits > 0) left = candidates(left, systemDigits, newest, fits) ?? newest(systemDigits)

  const now = left
  const more = (count: number) => ({ ...now, turns: withoutOldest(now.turns, count) })
  if (!fits(left)) left = candidates(left, digitsIn(now.turns), more, hasRoom) ?? more(digitsIn(now.turns))
  return hasRoom(left) ? left : 'too_long'
}

const digitsIn = (turns: Turns): number => turns.reduce((sum, { content }) => sum + (content ?? '').length, 0)

/** Turns without the first digits of all of them; the turns themselves stay. */
function withoutOldest(turns: Turns, count: number): Turns {
  const [first, ...others] = turns
  if (!first || count === 0) return turns
  const content = (first.content ?? '').slice(count)
  return [{ ...first, content }, ...withoutOldest(others, Math.max(0, count - digitsIn([first])))]
}

function withoutNewest(turns: Turns, count: number): Turns {
  const last = turns.at(-1)
  if (!last || count === 0) return turns
  const digits = digitsIn([last])
  const content = (last.content ?? '').slice(0, Math.max(0, digits - count))
  return [...withoutNewest(turns.slice(0, -1), Math.max(0, count - digits)), { ...last, content }]
}

const digits = (random: Random, most: number): string =>
  Array.from({ length: random.integer(most + 1) }, () => `${random.integer(10)}`).join('')

/** Any turns that a conversation may have, empty ones and a prompt without a user among them. */
function randomPrompt(random: Random): Prompt {
  const most = [4, 12, 60][random.integer(3)] ?? 12
  const turn = (role: string) => message(role, digits(random, most))
  const some = (count: number, make: () => Message[]) => Array.from({ length: random.integer(count + 1) }, make).flat()
  if (random.integer(8) === 0) return { system: [turn('system'), turn('system')], turns: [] }
  return {
    system: some(2, () => [turn('system')]),
    turns: [
      ...some(1, () => [turn('assistant')]),
      ...some(3, () => [turn('user'), turn('assistant')]),
      ...(random.integer(5) === 0 ? [] : [turn('user')]),
      ...some(1, () => [turn('tool'), turn('system')]),
    ],
  }
}

/** Counts the tokens of a prompt before its response: what the template writes is measured once, each digit is one. */
async function countedBy(tokenizer: Tokenizer): Promise<(prompt: Prompt, responder: string) => number> {
  const lengthOf = async (...turns: Turns) =>
    longest(await uncut(group('messages', turns, [[message('assistant', '1')]]), tokenizer))
  const empty = (role: string) => message(role, '')
  const around = new Map<string, number>()
  for (const role of ['system', 'user', 'assistant', 'tool'])
    around.set(role, (await lengthOf(empty('system'), empty(role))) - (await lengthOf(empty('system'))))
  const aroundOf = (role: string) => around.get(role) ?? NaN
  // The response's digit and its end token do not count.
  const opening = (await lengthOf(empty('system'))) - aroundOf('system') - 2
  // This template writes a system turn of its own where there is none.
  const ownSystem = (await lengthOf()) - 2 - opening
  return ({ system, turns }, responder) => {
    const all = [...system, ...turns]
    const contents = all.reduce((sum, { role }) => sum + aroundOf(role), digitsIn(all))
    const before = opening + aroundOf(responder) - aroundOf('assistant')
    return before + (all[0]?.role === 'system' ? 0 : ownSystem) + contents
  }
}

const everything = ['prompt', 'responses', 'system', 'too_long']

test.each([
  ['prompt-left', 2, everything],
  ['response-right', 2, everything],
  ['prompt-left', 1, ['prompt', 'responses']],
  ['response-right', 1, ['responses']],
] as const)('%s by rule %i leaves what is left by hand', async (truncation, rule, reached) => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  const counted = await countedBy(tokenizer)
  const random = createRandom(1, `by hand ${truncation} ${rule}`)
  const seen = new Set<string>()
  for (let round = 0; round < 60; round++) {
    const prompt = randomPrompt(random)
    const responses = ['1', '2', '3'].slice(0, 1 + random.integer(3)).map((first) => first + digits(random, 15))
    const responder = random.integer(4) === 0 ? 'tool' : 'assistant'
    const asGroup = ({ system, turns }: Prompt) =>
      group(
        'messages',
        [...system, ...turns],
        responses.map((response) => [message(responder, response)]),
      )
    const tokensOf = (one: Prompt) => counted(one, responder)
    const [pool, ending] = random.integer(2) === 0 ? (['end', 1] as const) : (['template-end', 2] as const)
    // Any length, or one of which a quarter is what the last turn holds, or nearly.
    const anyLength = Math.ceil((tokensOf(prompt) + 17) * (0.35 + 0.65 * random.uniform()))
    const quarter = digitsIn(prompt.turns.slice(prompt.turns.findLastIndex(({ role }) => role === 'user')))
    const maxLength = random.integer(3) > 0 || quarter < 10 ? anyLength : 4 * (quarter + random.integer(3) - 1)

    const left = cutByHand(prompt, responses, tokensOf, { maxLength, truncation, rule, ending })
    const ids = left === 'too_long' ? [] : await uncut(asGroup(left), tokenizer, pool)
    const expected = ids.map((all) =>
      all.length <= maxLength ? [...all] : [...all.slice(0, maxLength - ending), ...all.slice(-ending)],
    )
    const lost = {
      prompt: left !== 'too_long' && left.turns !== prompt.turns,
      system: left !== 'too_long' && left.system !== prompt.system,
      responses: ids.some(({ length }) => length > maxLength),
    }
    const found = await read(asGroup(prompt), tokenizer, {
      maxLength,
      truncation,
      ...(rule === 1 && { truncationRule: rule }),
      pool,
    })
    expect(
      'dropped' in found ? found.dropped : found.ids.map((all) => [...all]),
      `round ${round}: ${JSON.stringify({ prompt, responses, maxLength })}`,
    ).toEqual(left === 'too_long' ? left : expected)
    const cut = 'dropped' in found ? undefined : found.cut
    const isLost = (part: 'prompt' | 'system' | 'responses') => cut?.[part] ?? false
    expect({ prompt: isLost('prompt'), system: isLost('system'), responses: isLost('responses') }).toEqual(lost)
    for (const part of ['prompt', 'system', 'responses'] as const) if (lost[part]) seen.add(part)
    if (left === 'too_long') seen.add(left)
  }
  expect([...seen].sort()).toEqual(reached)
})

test('a last turn of exactly a quarter of the maximum length stays, one of a token more loses that token', async () => {
  const tokenizer = await loadTokenizer(folderOf('digit-split'))
  for (const more of [0, 1]) {
    const prompt = [message('system', '1'.repeat(30)), message('user', '2'.repeat(20 + more))]
    const source = group('messages', prompt, [[message('assistant', '3'.repeat(30))]])
    const found = await read(source, tokenizer, { maxLength: 80 })
    if ('dropped' in found) throw new Error(found.dropped)
    expect(found.cut).toMatchObject({ prompt: more > 0, system: true, responses: false })
    expect(await tokenizer.decode(at(found.ids, 0))).toContain(`user\n${'2'.repeat(20)}<`)
  }
})
