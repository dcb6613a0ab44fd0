import { statSync } from 'node:fs'
import { InputError } from '../../errors.ts'

/** Size and time of a file: other ones tell that it has changed. Empty where there is none. */
export function fileState(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? `${found.size} ${found.mtimeMs}` : ''
}

/** The error for a file that changed. */
export const changedError = (): InputError =>
  new InputError('it changed while it was read', { remedy: 'start again when it is complete' })
