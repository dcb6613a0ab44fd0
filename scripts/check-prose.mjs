// Checks that the prose of the repository reads plainly (prose.mjs says how) and that the files it names exist. Checks
// the files that you give it, or all that git knows.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { filesNamedIn, proseProblems } from './prose.mjs'

/** Pages, and the comments and messages of sources. */
const checked = /\.md$|^(?:bench|examples|packages|scripts|tools)\/.*\.(?:ts|mjs)$/
/** Files that a program writes, texts that others wrote, and the examples of what is found. */
const notOurs = /^docs\/api\/|\/fixtures\/|\/generated\/|^scripts\/prose\.test\.ts$/

const root = resolve(import.meta.dirname, '..')
const named = process.argv.slice(2)
const known = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
const files = named.length > 0 ? named : known.filter((file) => checked.test(file) && !notOurs.test(file))
const problems = files.flatMap((file) => {
  const text = readFileSync(resolve(root, file), 'utf8')
  return [...proseProblems(file, text), ...missingFiles(file, text)]
})
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

/**
 * @param {string} file
 * @param {string} text
 */
function missingFiles(file, text) {
  if (!file.endsWith('.md')) return []
  const { links, paths } = filesNamedIn(text)
  const missingLinks = links.filter((link) => !existsSync(resolve(root, dirname(file), link)))
  const missingPaths = paths.filter((path) => !existsSync(resolve(root, path)))
  return [...missingLinks, ...missingPaths].map(
    (name) => `${file}: found "${name}", which does not exist: use its present name`,
  )
}
