export { type HiddenStates, type HiddenStatesOptions, openHiddenStates } from './hidden-states.ts'
export { hashParameters } from './identity.ts'
