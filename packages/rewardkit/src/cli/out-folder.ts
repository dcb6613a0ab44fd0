import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { InputError } from '../errors.ts'

/**
 * Makes the folder that an output file lies in.
 * @throws InputError where it cannot be made
 */
export function makeFolderOf(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new InputError(`--out ${path} cannot be written: ${reason}; name another place`, { cause: error })
  }
}
