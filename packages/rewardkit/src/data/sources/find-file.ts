import { access, constants, readdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { InputError } from '../../errors.ts'
import { nearestName } from '../../nearest.ts'

/**
 * What a name is: a file, a folder or nothing.
 * @throws InputError where nothing does, with the name that is near, and for a pipe or device
 */
export async function findPath(path: string): Promise<'file' | 'folder'> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) return 'folder'
    if (!found.isFile())
      throw new InputError(`${path}: a pipe or device; expected a file, which can be read twice`, {
        remedy: '- reads standard input',
      })
    await access(path, constants.R_OK)
    return 'file'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EACCES')
      throw new InputError(`${path}: not readable`, { remedy: 'grant read permission', cause: error })
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    throw await missing(path, error)
  }
}

async function missing(path: string, cause: unknown): Promise<InputError> {
  const names = await readdir(dirname(path)).catch(() => undefined)
  const near = nearestName(basename(path), names ?? [])
  return new InputError(`${path}: no such file${names ? '' : ` (no folder ${dirname(path)})`}`, {
    remedy: near ? `did you mean ${near}?` : 'check the path',
    cause,
    about: { kind: 'missing-file' },
  })
}
