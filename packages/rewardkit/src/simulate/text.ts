import { at } from '../at.ts'
import type { Random } from '../random.ts'

/** One wish that a request states and a response meets or not: one of two phrases. */
interface Attribute {
  readonly name: string
  /** What meeting the wish adds to the true reward. */
  readonly strength: number
  readonly phrases: readonly [string, string]
}

/** The wishes of every request. Their strengths make every sum of some of them differ from every other. */
export const attributes: readonly Attribute[] = [
  { name: 'food', strength: 2.6, phrases: ['spicy food', 'mild food'] },
  { name: 'music', strength: 1.7, phrases: ['lively music', 'quiet music'] },
  { name: 'place', strength: 1, phrases: ['an indoor table', 'an outdoor table'] },
]

/** For each attribute, which of its two phrases is meant. */
export type Choices = readonly (0 | 1)[]

const occasions = ['birthday party', 'family dinner', 'farewell evening', 'weekend picnic'] as const
const hosts = ['my sister', 'my brother', 'our neighbours', 'my parents', 'two friends'] as const
const openings = ['How about', 'I suggest', 'You could choose', 'My plan has'] as const
const closingSentences = ['I can write the invitations.', 'That should suit everybody.', 'Enjoy the day.'] as const

/** A request and the occasion that it is about. */
export interface Request {
  readonly wishes: Choices
  readonly occasion: string
  readonly text: string
}

/** A response and how many closing sentences, which say nothing about the wishes, it ends with (0 to 2). */
export interface Response {
  readonly offers: Choices
  readonly closings: number
  readonly text: string
}

/** A request whose wishes, occasion and host are drawn uniformly. */
export function drawRequest(random: Random): Request {
  const wishes = drawChoices(random)
  const occasion = drawOne(occasions, random)
  const host = drawOne(hosts, random)
  return { wishes, occasion, text: `Please plan a ${occasion} for ${host}. They would like ${listed(wishes)}.` }
}

/** A response whose offers and wording are drawn uniformly, whatever the request. Its text opens with a space. */
export function drawResponse(random: Random): Response {
  const offers = drawChoices(random)
  const closings = random.integer(3)
  const first = random.integer(closingSentences.length)
  const rotated = [...closingSentences.slice(first), ...closingSentences.slice(0, first)]
  const sentences = [`${drawOne(openings, random)} ${listed(offers)}.`, ...rotated.slice(0, closings)]
  return { offers, closings, text: ` ${sentences.join(' ')}` }
}

/** Sum of the strengths of the wishes that the offers meet. */
export function trueReward(wishes: Choices, offers: Choices, strengths: readonly number[]): number {
  return strengths.reduce((sum, strength, index) => sum + (wishes[index] === offers[index] ? strength : 0), 0)
}

/**
 * Every token of simulated texts, sorted: what splitting at white space and between words and punctuation gives
 * (`\w+|[^\w\s]+`, the `Whitespace` pre-tokenizer).
 */
export function simulationVocabulary(): string[] {
  const fixed = 'Please plan a for. They would like, and.'
  const texts = [
    fixed,
    ...occasions,
    ...hosts,
    ...openings,
    ...closingSentences,
    ...attributes.flatMap(({ phrases }) => phrases),
  ]
  return [...new Set(texts.flatMap((text) => text.match(/\w+|[^\w\s]+/g) ?? []))].toSorted()
}

function listed(choices: Choices): string {
  const phrases = attributes.map(({ phrases: pair }, index) => pair[at(choices, index)])
  return `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`
}

function drawChoices(random: Random): Choices {
  return attributes.map(() => (random.integer(2) === 0 ? 0 : 1))
}

function drawOne<T>(items: readonly [T, ...T[]], random: Random): T {
  return items[random.integer(items.length)] ?? items[0]
}
