import { FailureError } from '../errors.ts'
import type { BatchRewards, Objective, ObjectiveResult, ObjectiveState } from '../objectives/index.ts'
import type { Ask } from './ask.ts'

/** What the trainer must know of an objective before it sees its first loss. */
export type CustomObjectiveTraits = Pick<
  Objective,
  'name' | 'needsMargin' | 'needsProbability' | 'usesWeight' | 'initialState'
>

/** What the main thread is asked for each effective batch. */
export interface ObjectiveQuestion {
  readonly rewards: BatchRewards
  readonly state: ObjectiveState
}

/** An objective whose function runs in the main thread: it may see what it likes, and is called once for each step. */
export function customObjective(traits: CustomObjectiveTraits, ask: Ask): Objective {
  return {
    ...traits,
    separable: false,
    evaluate(rewards, state) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked by the main thread
      const result = ask('objective', { rewards, state } satisfies ObjectiveQuestion) as ObjectiveResult | undefined
      if (!result) throw new FailureError(`${traits.name}: no loss came back`)
      return result
    },
  }
}
