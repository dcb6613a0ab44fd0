import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { InputError } from '../errors.ts'
import { makeWritableFolder } from '../folders.ts'
import { option, phrase, settings } from '../phrase.ts'

/**
 * Makes the folder of an evaluation.
 * @throws InputError if it holds one already, unless that may be replaced, or if it cannot be written
 */
export function prepareFolder({ out, overwrite }: { readonly out: string; readonly overwrite: boolean }): void {
  if (existsSync(join(out, 'summary.json')) && !overwrite)
    throw new InputError(phrase`${option('out')} ${out} already holds an evaluation`, {
      remedy: phrase`name another folder, or give ${settings({ overwrite: true })}`,
    })
  makeWritableFolder(out)
}
