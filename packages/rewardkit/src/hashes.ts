import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { filesBelow } from './folders.ts'

/** SHA-256 of a file's bytes, in hexadecimal. */
export async function sha256File(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

/** One SHA-256 for several files, by their names and contents; that of one file is its own. */
export async function sha256Files(files: readonly { readonly path: string; readonly name: string }[]): Promise<string> {
  const [first] = files
  if (first && files.length === 1) return sha256File(first.path)
  const hash = createHash('sha256')
  for (const { path, name } of files) hash.update(`${await sha256File(path)}  ${name}\n`)
  return hash.digest('hex')
}

/** SHA-256 of a text's UTF-8 bytes, in hexadecimal. */
export const sha256Text = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * One SHA-256 for all files below a folder, or those that count, wherever the folder is. Links to files count, links to folders do not. It
 * is the hash of a line with hash, two spaces and path for each file. Paths are relative with forward slashes, and
 * sorted by code unit.
 */
export async function sha256Folder(folder: string, counts: (name: string) => boolean = () => true): Promise<string> {
  const names = filesBelow(folder)
    .map((path) => relative(folder, path).split(sep).join('/'))
    .filter(counts)
    .sort()
  const hash = createHash('sha256')
  for (const name of names) hash.update(`${await sha256File(join(folder, name))}  ${name}\n`)
  return hash.digest('hex')
}
