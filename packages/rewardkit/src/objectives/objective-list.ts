import { adaptiveMargin } from './adaptive-margin.ts'
import { batchMargin } from './batch-margin.ts'
import type { Objective } from './objective.ts'
import type { ObjectiveOptions } from './objective-options.ts'
import { annotatedMargin, bradleyTerry, scaledBradleyTerry, softLabel } from './pairwise.ts'

interface ObjectiveEntry {
  readonly name: string
  readonly create: (options: ObjectiveOptions) => Objective
}

/** All objectives, in the order of help and docs/concepts.md: everything else takes their names from here. */
export const objectives = [
  { name: 'bradley-terry', create: bradleyTerry },
  { name: 'annotated-margin', create: annotatedMargin },
  { name: 'batch-margin', create: batchMargin },
  { name: 'adaptive-margin', create: adaptiveMargin },
  { name: 'scaled-bradley-terry', create: scaledBradleyTerry },
  { name: 'soft-label', create: softLabel },
] as const satisfies readonly ObjectiveEntry[]

/** The names that `createObjective` knows. */
export const objectiveNames = objectives.map(({ name }) => name)

export type ObjectiveName = (typeof objectives)[number]['name']
