import { z } from 'zod'
import { inGroup } from '../option-groups.ts'
import { layoutNames } from './layouts/layout-list.ts'
import { rowOptionsSchema } from './row-options.ts'

/** How rows become preferences: the options of every verb that reads preference data, with their defaults. */
export const dataOptionsSchema = z.object({
  ...inGroup('rows', {
    dataFormat: z
      .enum(['auto', ...layoutNames])
      .default('auto')
      .describe('layout of the rows; auto recognises it by the columns'),
  }),
  ...rowOptionsSchema.shape,
})

/** How rows become preferences, every default filled in. */
export type DataOptions = z.output<typeof dataOptionsSchema>

/** The defaults. */
export const defaultDataOptions: DataOptions = dataOptionsSchema.parse({})
