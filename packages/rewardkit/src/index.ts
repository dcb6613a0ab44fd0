export { FailureError, InputError, Interrupted } from './errors.ts'
