import { isDeepStrictEqual } from 'node:util'
import { FailureError, InputError } from '../errors.ts'
import { sha256Text } from '../hashes.ts'
import type { BatchRewards, ObjectiveResult } from '../objectives/index.ts'
import type { CustomObjectiveTraits, ObjectiveQuestion } from '../thread/ask-objective.ts'

/** The loss of the whole effective batch of B pairs, and its gradient with respect to each of the B rewards. */
export interface CustomLoss {
  readonly loss: number
  /** d loss / d chosen reward, [B]. */
  readonly chosenGradient: ArrayLike<number>
  /** d loss / d rejected reward, [B]. */
  readonly rejectedGradient: ArrayLike<number>
  /** Plain JSON, given to the next call and saved in checkpoints. */
  readonly state?: unknown
}

/**
 * Called once for each step, in this thread, with the rewards of the whole effective batch in float64. `state` is what
 * the last call returned, at first `initialState`.
 */
export type ObjectiveFunction = (rewards: BatchRewards, state: unknown) => CustomLoss | Promise<CustomLoss>

/** An objective of your own. A function alone needs neither margins nor anything else of this. */
export interface CustomObjective {
  readonly name: string
  /** True where `rewards.margin` must be there. */
  readonly needsMargin?: boolean
  /** True where `rewards.probability` must be there. */
  readonly needsProbability?: boolean
  readonly initialState?: unknown
  readonly evaluate: ObjectiveFunction
}

/** What goes to the compute thread, and the answer to its question. */
interface Offered {
  readonly traits: CustomObjectiveTraits & { readonly name: `custom:${string}` }
  readonly answer: (question: ObjectiveQuestion) => Promise<ObjectiveResult>
}

/**
 * A custom objective for a run. Its name in config.yaml and checkpoints holds a hash of its source text, so that a run
 * does not silently resume with another formula. The hash does not cover what the function uses from outside.
 * @throws InputError if it is not an objective; the answer throws one if it is not a loss
 */
export function offered(given: ObjectiveFunction | CustomObjective): Offered {
  if (typeof given !== 'function' && typeof (given as Partial<CustomObjective> | null)?.evaluate !== 'function')
    throw new InputError('objective: expected a name, a function, or an object with a function `evaluate`')
  const objective = typeof given === 'function' ? { name: given.name || 'objective', evaluate: given } : given
  const { name, evaluate, needsMargin = false, needsProbability = false, initialState = null } = objective
  // A function that is written in the call gets the option's name from JavaScript.
  const shown = name === 'objective' ? name : `objective ${name}`
  const plain = (state: unknown, label: string) => {
    if (isPlain(state)) return state
    throw new InputError(`${shown}: ${label} is not plain JSON, which a checkpoint can hold`)
  }
  return {
    traits: {
      name: `custom:${name}@${sha256Text(String(evaluate)).slice(0, 8)}`,
      needsMargin,
      needsProbability,
      usesWeight: true,
      initialState: { runningMean: null, custom: plain(initialState, 'initialState') },
    },
    answer: async ({ rewards, state }) => {
      const pairs = rewards.chosen.length
      const found: Partial<CustomLoss> | null | undefined = await called(shown, () => evaluate(rewards, state.custom))
      if (typeof found !== 'object' || found === null)
        throw new InputError(`${shown}: found ${String(found)}, expected an object with loss and gradients`)
      const gradient = (which: 'chosenGradient' | 'rejectedGradient') => {
        const values = Float64Array.from(found[which] ?? [])
        if (values.length !== pairs)
          throw new InputError(`${shown}: ${which} has ${values.length} numbers, expected ${pairs}, one for each pair`)
        const bad = values.find((value) => !Number.isFinite(value))
        if (bad === undefined) return values
        throw new InputError(`${shown}: found ${bad} in ${which}, expected finite numbers`)
      }
      const { loss } = found
      if (typeof loss !== 'number' || !Number.isFinite(loss))
        throw new InputError(`${shown}: found ${String(loss)} as loss, expected a finite number`)
      return {
        loss,
        chosenGradient: gradient('chosenGradient'),
        rejectedGradient: gradient('rejectedGradient'),
        batchMargin: null,
        shareBelowThreshold: null,
        state: { runningMean: null, custom: plain(found.state ?? null, 'state') },
      }
    },
  }
}

/** Whether a value comes back from JSON as it was. */
function isPlain(value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(JSON.stringify(value)), value)
  } catch {
    return false
  }
}

async function called(shown: string, evaluate: () => CustomLoss | Promise<CustomLoss>): Promise<CustomLoss> {
  try {
    return await evaluate()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new FailureError(`${shown}: it failed: ${message}`, { cause: error })
  }
}
