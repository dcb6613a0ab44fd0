import { sigmoid } from '../logistic.ts'
import { InputError } from '../errors.ts'
import { createRandom } from '../random.ts'
import { attributes, trueReward, type Request, type Response } from './text.ts'

/**
 * How labels err.
 * - `flip`: the better response is chosen, but for a share `rate` of mistakes that do not look at the pair.
 * - `bradley-terry`: a response is chosen with probability sigmoid(perceived margin).
 * - `annotators`: five people who weigh the wishes differently vote, each by sigmoid of the margin as they perceive
 *   it; the majority decides.
 */
export type Noise =
  | { readonly kind: 'flip'; readonly rate: number }
  | { readonly kind: 'bradley-terry' }
  | { readonly kind: 'annotators' }

/** The words of the command: `flip:0.1`, `bradley-terry` or `annotators`. */
export function parseNoise(text: string): Noise {
  if (text === 'bradley-terry' || text === 'annotators') return { kind: text }
  const rate = /^flip:(\d*\.?\d+)$/.exec(text)?.[1]
  if (rate !== undefined && Number(rate) < 0.5) return { kind: 'flip', rate: Number(rate) }
  throw new InputError(`noise: found "${text}", expected flip:RATE with a rate below 0.5, bradley-terry or annotators`)
}

const annotatorCount = 5

/** The same five people for every seed: each wish's strength times exp(0.6 z), z standard normal. */
const annotatorStrengths: readonly (readonly number[])[] = drawAnnotators()

/** The difference of the true rewards of two responses to a request, first minus second. */
export function trueMargin(request: Request, first: Response, second: Response): number {
  return marginBy(
    attributes.map(({ strength }) => strength),
    request,
    first,
    second,
  )
}

/**
 * The probability that the first response is labelled the better one. Every closing sentence that a response has more
 * than the other counts `lengthBias` in its favour, for labels only.
 */
export function labelProbability(
  noise: Noise,
  lengthBias: number,
  request: Request,
  first: Response,
  second: Response,
): number {
  const bias = lengthBias * (first.closings - second.closings)
  const perceived = trueMargin(request, first, second) + bias
  switch (noise.kind) {
    case 'annotators':
      return majorityProbability(
        annotatorStrengths.map((strengths) => sigmoid(marginBy(strengths, request, first, second) + bias)),
      )
    case 'bradley-terry':
      return sigmoid(perceived)
    case 'flip':
      return perceived === 0 ? 0.5 : perceived > 0 ? 1 - noise.rate : noise.rate
  }
}

/** The probability that more than half of independent votes are for the first, given each one's probability. */
export function majorityProbability(votes: readonly number[]): number {
  let counts = [1]
  for (const vote of votes) {
    counts = [...counts, 0].map((value, index) => value * (1 - vote) + (counts[index - 1] ?? 0) * vote)
  }
  return counts.slice(Math.floor(votes.length / 2) + 1).reduce((sum, value) => sum + value, 0)
}

function marginBy(strengths: readonly number[], request: Request, first: Response, second: Response): number {
  return trueReward(request.wishes, first.offers, strengths) - trueReward(request.wishes, second.offers, strengths)
}

function drawAnnotators(): number[][] {
  const random = createRandom(0, 'simulated annotators')
  return Array.from({ length: annotatorCount }, () =>
    attributes.map(({ strength }) => strength * Math.exp(0.6 * random.normal())),
  )
}
