export { createSimulationModel } from './model.ts'
export { type QuickstartOptions, quickstartOptionsSchema } from './options.ts'
export { quickstart, type QuickstartResult } from './quickstart.ts'
