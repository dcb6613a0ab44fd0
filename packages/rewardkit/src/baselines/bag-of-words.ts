import { at } from '../at.ts'
import { messageText } from '../data/build.ts'
import type { Group, Message } from '../data/index.ts'
import { createNumbering } from '../data/numbering.ts'
import { createRandom } from '../random.ts'
import { fitLogistic, meanLogLoss, products, rowsAt, type SparseRows } from './sparse-logistic.ts'
import { featureCount, featuresOf } from './words.ts'

/** A Bradley-Terry model whose reward of a response is the sum of its words' weights. */
export interface BagOfWords {
  /** By feature. */
  readonly weights: Float64Array
  /** Features with a weight. */
  readonly features: number
  /** The strength of the L2 penalty that validation chose. */
  readonly penalty: number
  /** Pairs that it learned from. */
  readonly pairs: number
}

/** A feature takes part if at least this many pairs have it. */
const leastPairs = 2
/** The most features: the bound goes up until no more are left. */
const mostFeatures = 100_000
/** From strong to weak. */
const penalties = [1000, 300, 100, 30, 10, 3, 1]
const mostFolds = 5

/** The most pairs that are learned from: about 100 MB of features. Of more, a random part is. */
const mostPairs = 20_000

/** Pairs to learn from, as features: their texts are not kept. */
export interface WordPairs {
  /** Adds the pairs of a group. */
  add(group: Pick<Group, 'promptId' | 'responses' | 'preferences'>): void
  /** Pairs added. */
  readonly added: number
  /** The pairs to learn from: all that were added, or a random part, the same each time. */
  readonly pairs: readonly WordPair[]
}

interface WordPair {
  readonly promptId: string
  readonly features: Int32Array
  /** Of the chosen response less those of the rejected one. */
  readonly values: Float32Array
}

/** Begins a collection of pairs. */
export function createWordPairs(most = mostPairs): WordPairs {
  const pairs: WordPair[] = []
  const random = createRandom(0, 'pairs of a bag of words')
  let added = 0
  return {
    add({ promptId, responses, preferences }) {
      const known = new Map<number, ReadonlyMap<number, number>>()
      const features = (response: number) => {
        const found = known.get(response) ?? featuresOf(responseText(at(responses, response)))
        known.set(response, found)
        return found
      }
      for (const { chosen, rejected } of preferences) {
        added += 1
        const place = pairs.length < most ? pairs.length : random.integer(added)
        if (place < most) pairs[place] = { promptId, ...differenceOf(features(chosen), features(rejected)) }
      }
    },
    get added() {
      return added
    },
    pairs,
  }
}

/** The pairs of other prompts: a bag of words learns nothing from the prompts that it is compared on. */
export function withoutPrompts({ pairs }: WordPairs, promptIds: readonly string[]): Pick<WordPairs, 'pairs'> {
  const left = new Set(promptIds)
  return { pairs: pairs.filter(({ promptId }) => !left.has(promptId)) }
}

/**
 * Fits a Bradley-Terry model on the unigrams and bigrams of the responses. The chosen one wins with probability
 * sigmoid(w · (f(chosen) - f(rejected))), where f has log(1 + count) of each. Weights minimise the sum of the log losses
 * plus penalty / 2 · |w|². The penalty is the one with the lowest log loss on five folds of the prompts. Weaker ones than
 * the first that does worse are not tried. With one prompt there is no validation, and the strongest is used.
 * Equal pairs in equal order give equal bits.
 * @param givenPenalty in place of the one that validation chooses
 */
export function fitBagOfWords({ pairs }: Pick<WordPairs, 'pairs'>, givenPenalty?: number): BagOfWords {
  const prompts = createNumbering()
  const promptOf = pairs.map(({ promptId }) => prompts.numberOf(promptId))
  const { rows, featureOf } = arrange(pairs)
  const folds = Math.min(mostFolds, prompts.size)
  const penalty = givenPenalty ?? (folds < 2 ? at(penalties, 0) : bestPenalty(rows, promptOf, folds))
  const fitted = fitLogistic(rows, penalty, { tolerance: 1e-4 })
  const weights = new Float64Array(featureCount)
  for (const [column, feature] of featureOf.entries()) weights[feature] = at(fitted, column)
  return { weights, features: featureOf.length, penalty, pairs: promptOf.length }
}

/** The reward that a bag of words gives a response. */
export function bagOfWordsReward({ weights }: BagOfWords, response: readonly Message[]): number {
  let reward = 0
  for (const [feature, value] of featuresOf(responseText(response))) reward += value * at(weights, feature)
  return reward
}

const responseText = (messages: readonly Message[]): string => messages.map(messageText).join('\n')

function differenceOf(
  chosen: ReadonlyMap<number, number>,
  rejected: ReadonlyMap<number, number>,
): Omit<WordPair, 'promptId'> {
  const all = new Map(chosen)
  for (const [feature, value] of rejected) all.set(feature, (all.get(feature) ?? 0) - value)
  const present = [...all].filter(([, value]) => value !== 0)
  return {
    features: Int32Array.from(present, ([feature]) => feature),
    values: Float32Array.from(present, ([, value]) => value),
  }
}

/** The differences as rows of a matrix, whose columns are the features that enough pairs have. */
function arrange(differences: readonly WordPair[]): { rows: SparseRows; featureOf: Int32Array } {
  const pairsWith = new Int32Array(featureCount)
  for (const { features } of differences)
    for (const feature of features) pairsWith[feature] = at(pairsWith, feature) + 1
  let least = leastPairs
  while (pairsWith.reduce((count, pairs) => count + (pairs >= least ? 1 : 0), 0) > mostFeatures) least += 1
  const featureOf: number[] = []
  const columnOf = pairsWith.map((pairs, feature) => (pairs >= least ? featureOf.push(feature) - 1 : -1))
  const starts = new Int32Array(differences.length + 1)
  for (const [row, { features }] of differences.entries())
    starts[row + 1] = at(starts, row) + features.filter((feature) => at(columnOf, feature) >= 0).length
  const columns = new Int32Array(at(starts, differences.length))
  const values = new Float32Array(columns.length)
  let place = 0
  for (const { features, values: theirs } of differences)
    for (let i = 0; i < features.length; i++) {
      const column = at(columnOf, at(features, i))
      if (column < 0) continue
      columns[place] = column
      values[place] = at(theirs, i)
      place += 1
    }
  return { rows: { starts, columns, values, width: featureOf.length }, featureOf: Int32Array.from(featureOf) }
}

interface Part {
  readonly fitted: SparseRows
  readonly heldOut: SparseRows
  /** Those of the last penalty, where the next one begins. */
  weights: Float64Array
}

/** The penalty with the lowest log loss on folds that share no prompt. */
function bestPenalty(rows: SparseRows, promptOf: readonly number[], folds: number): number {
  const parts = Array.from({ length: folds }, (_, fold): Part => {
    const isHeldOut = promptOf.map((prompt) => prompt % folds === fold)
    const indexes = [...promptOf.keys()]
    return {
      fitted: rowsAt(
        rows,
        indexes.filter((row) => !at(isHeldOut, row)),
      ),
      heldOut: rowsAt(
        rows,
        indexes.filter((row) => at(isHeldOut, row)),
      ),
      weights: new Float64Array(rows.width),
    }
  })
  let best = { penalty: at(penalties, 0), loss: Infinity }
  for (const penalty of penalties) {
    let loss = 0
    for (const part of parts) {
      part.weights = fitLogistic(part.fitted, penalty, { tolerance: 1e-2, start: part.weights })
      const margins = products(part.heldOut, part.weights)
      loss += (meanLogLoss(margins) * margins.length) / promptOf.length
    }
    if (loss >= best.loss) break
    best = { penalty, loss }
  }
  return best.penalty
}
