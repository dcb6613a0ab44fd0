/**
 * Training and scoring from a TypeScript program.
 * @module rewardkit
 */
export { FailureError, InputError, Interrupted } from './errors.ts'
