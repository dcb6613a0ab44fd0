import { ops, scope, type Tensor, tensorFrom } from '@rewardkit/torch'
import { at } from '../at.ts'
import type { ComputeDtype } from '../compute-options.ts'
import { packGroups, type TokenGroup } from '../tokens/index.ts'
import { finalStates } from './decoder.ts'
import type { LanguageModel } from './language-model.ts'

/** Tokens whose probability is asked for, given all tokens before them in their sequence. */
export interface Targets {
  /** The row of the token before each, in a packed batch. */
  readonly rows: readonly number[]
  readonly ids: readonly number[]
}

/** Logits that are held at a time: 64 MB in float32. */
const logitsAtOnce = 2 ** 24

/**
 * The log-probabilities of some tokens from the hidden states of all: float32, [targets]. Logits are computed for a few
 * targets at a time, so that they never take more than 64 MB in a pass without gradient.
 * @param states as `finalStates` gives them
 */
export function logProbabilities(
  { config, outputHead }: Pick<LanguageModel, 'config' | 'outputHead'>,
  states: Tensor,
  { rows, ids }: Targets,
): Tensor {
  const atOnce = Math.max(1, Math.floor(logitsAtOnce / config.vocabularySize))
  return scope(() => {
    const parts: Tensor[] = []
    for (let from = 0; from < rows.length; from += atOnce) {
      const asked = integers(rows.slice(from, from + atOnce))
      const wanted = ops.unsqueeze(integers(ids.slice(from, from + atOnce)), 1)
      parts.push(
        scope(() => {
          const logits = capped(ops.linear(ops.index_select(states, 0, asked), outputHead), config.logitCap)
          return ops.sub(ops.squeeze(ops.gather(logits, 1, wanted), 1), ops.logsumexp(logits, [1]))
        }),
      )
    }
    return parts.length === 0 ? ops.zeros([0], { dtype: 'float32' }) : ops.cat(parts)
  })
}

/** The likelihood of one response. */
export interface ResponseLikelihood {
  /** The sum of the log-probabilities of its tokens, natural logarithms. */
  readonly sum: number
  /** Tokens that it was summed over. */
  readonly tokens: number
}

/**
 * The log-likelihood of each branch's response given what comes before it, for groups that go through the model at once:
 * in the order of groups and their branches. A response goes from where it starts to the end of its sequence, end token
 * included. The first token of a sequence has nothing before it and is not counted. Sums are in float64.
 */
export function responseLikelihoods(
  model: LanguageModel,
  groups: readonly TokenGroup[],
  dtype: ComputeDtype,
): ResponseLikelihood[] {
  const packed = packGroups(groups)
  const rows: number[] = []
  const ids: number[] = []
  const counts: number[] = []
  for (const [index, { start, prefixLength, branchLengths }] of packed.groups.entries()) {
    const { starts } = at(groups, index)
    if (!starts) throw new Error('the group was encoded without the starts of its responses')
    let branchStart = start + prefixLength
    for (const [branch, length] of branchLengths.entries()) {
      const first = Math.max(1, at(starts, branch))
      const rowOf = (position: number) =>
        position < prefixLength ? start + position : branchStart + position - prefixLength
      for (let position = first; position < prefixLength + length; position++) {
        rows.push(rowOf(position - 1))
        ids.push(Number(at(packed.ids, rowOf(position))))
      }
      counts.push(Math.max(0, prefixLength + length - first))
      branchStart += length
    }
  }
  const values = scope(() =>
    logProbabilities(model, finalStates(model, packed, dtype), { rows, ids })
      .float32()
      .slice(),
  )
  let offset = 0
  return counts.map((tokens) => {
    const sum = values.subarray(offset, offset + tokens).reduce((total, value) => total + value, 0)
    offset += tokens
    return { sum, tokens }
  })
}

const capped = (logits: Tensor, cap: number | null): Tensor =>
  cap === null ? logits : ops.mul_scalar(ops.tanh(ops.div_scalar(logits, cap)), cap)

const integers = (values: readonly number[]): Tensor => tensorFrom(BigInt64Array.from(values.map(BigInt)))
