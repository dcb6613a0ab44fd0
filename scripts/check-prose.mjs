// Checks that the prose of the repository reads plainly (prose.mjs says how). Files may be named: all that git knows of
// are the default.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { proseProblems } from './prose.mjs'

/** Files that a program writes, and texts that others wrote. */
const notOurs = /^docs\/api\/|\/fixtures\/|\/generated\//
const checked = /\.md$/
/** Pages that do not pass yet. */
const unedited = /^(?:docs\/(?:log|reference|trust)|docs\/decisions\/.*)\.md$/

const root = resolve(import.meta.dirname, '..')
const named = process.argv.slice(2)
const known = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
const files =
  named.length > 0 ? named : known.filter((file) => checked.test(file) && !notOurs.test(file) && !unedited.test(file))
const problems = files.flatMap((file) => proseProblems(file, readFileSync(resolve(root, file), 'utf8')))
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
