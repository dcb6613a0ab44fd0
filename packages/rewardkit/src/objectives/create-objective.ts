import type { z } from 'zod'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { adaptiveMargin } from './adaptive-margin.ts'
import { batchMargin } from './batch-margin.ts'
import type { Objective } from './objective.ts'
import {
  type ObjectiveName,
  objectiveNames,
  type ObjectiveOptions,
  objectiveOptionsSchema,
} from './objective-options.ts'
import { annotatedMargin, bradleyTerry, scaledBradleyTerry, softLabel } from './pairwise.ts'

const objectives: Readonly<Record<ObjectiveName, (options: ObjectiveOptions) => Objective>> = {
  'bradley-terry': bradleyTerry,
  'annotated-margin': annotatedMargin,
  'batch-margin': batchMargin,
  'adaptive-margin': adaptiveMargin,
  'scaled-bradley-terry': scaledBradleyTerry,
  'soft-label': softLabel,
}

/**
 * The objective of that name. Options that are left out take their defaults; those that play no part in it are ignored.
 * @throws InputError for an unknown name or an option outside its range
 * @example createObjective('adaptive-margin').evaluate(toBatchRewards({ chosen: [1, 2], rejected: [0, 3] }), { runningMean: null }).loss
 */
export function createObjective(name: string, options: z.input<typeof objectiveOptionsSchema> = {}): Objective {
  const known = objectiveNames.find((one) => one === name)
  if (!known) {
    const nearest = nearestName(name, objectiveNames)
    const remedy = nearest ? `did you mean "${nearest}"?` : `choose one of ${objectiveNames.join(', ')}`
    throw new InputError(`objective: found "${name}", which is not known`, { remedy })
  }
  const result = objectiveOptionsSchema.safeParse(options)
  if (!result.success) {
    const issue = at(result.error.issues, 0)
    throw new InputError(`objective option ${issue.path.join('.')}: ${issue.message}`)
  }
  return objectives[known](result.data)
}
