// Runs the program of README.md as printed, in a temporary folder with the results of the quickstart:
//
//   npm run quickstart -- --short && node scripts/try-readme.mjs
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const [, program] = /^```ts\n(.*?)^```/ms.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? []
if (program === undefined) throw new Error('README.md has no program: begin one with ```ts')

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-readme-'))
mkdirSync(join(folder, 'runs'))
for (const shared of ['node_modules', 'runs/quickstart']) symlinkSync(join(root, shared), join(folder, shared))
writeFileSync(join(folder, 'program.mjs'), program)
const { status } = spawnSync(process.execPath, ['program.mjs'], { cwd: folder, stdio: 'inherit' })
rmSync(folder, { recursive: true })
process.exitCode = status ?? 1
