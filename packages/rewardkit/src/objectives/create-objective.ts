import type { z } from 'zod'
import { at } from '../at.ts'
import { InputError } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import { commandOptions, refusal } from '../option-schemas.ts'
import type { Objective } from './objective.ts'
import { objectiveNames, objectives } from './objective-list.ts'
import { objectiveOptionsSchema } from './objective-options.ts'

/**
 * The objective of that name. Options that are left out take their defaults; those that play no part in it are ignored.
 * @throws InputError for an unknown name or an option outside its range
 * @example createObjective('adaptive-margin').evaluate(toBatchRewards({ chosen: [1, 2], rejected: [0, 3] }), { runningMean: null }).loss
 */
export function createObjective(name: string, options: z.input<typeof objectiveOptionsSchema> = {}): Objective {
  const known = objectives.find((one) => one.name === name)
  if (!known) {
    const nearest = nearestName(name, objectiveNames)
    const remedy = nearest ? `did you mean "${nearest}"?` : `choose one of ${objectiveNames.join(', ')}`
    throw new InputError(`objective: found "${name}", which is not known`, { remedy })
  }
  const result = objectiveOptionsSchema.safeParse(options)
  if (!result.success) {
    const issue = at(result.error.issues, 0)
    const wrong = commandOptions(objectiveOptionsSchema).find(({ key }) => key === issue.path[0])
    if (!wrong) throw new InputError('objective options: expected an object')
    throw refusal(wrong.shape, `objective option ${wrong.key}`, new Map(Object.entries(options)).get(wrong.key), issue)
  }
  return known.create(result.data)
}
