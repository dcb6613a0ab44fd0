import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { build, compiles } from './build.mjs'

// Two packages of one file each, compiled with the settings of the real ones.
const own = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'build-'))
afterAll(() => rmSync(folder, { recursive: true }))

const template = join(folder, 'template')
let root = template
let compiled: number
beforeAll(async () => {
  for (const name of ['tsconfig.base.json', 'tsconfig.json']) cpSync(join(own, name), join(root, name))
  symlinkSync(join(own, 'node_modules'), join(root, 'node_modules'))
  for (const name of ['torch', 'rewardkit']) {
    for (const file of ['package.json', 'tsconfig.build.json'])
      cpSync(join(own, 'packages', name, file), join(root, 'packages', name, file))
    mkdirSync(join(root, 'packages', name, 'src'))
    writeSource(name, 'export const value = 1\n')
  }
  cpSync(join(own, 'packages/rewardkit/tsconfig.page.json'), join(root, 'packages/rewardkit/tsconfig.page.json'))
  mkdirSync(join(root, 'packages/rewardkit/src/reports/page-script'), { recursive: true })
  writeSource('rewardkit', 'export const title = document.title\n', pageScript)
  await run()
})
beforeEach(() => {
  root = mkdtempSync(join(folder, 'root-'))
  cpSync(template, root, { recursive: true, preserveTimestamps: true })
  compiled = 0
})

/** The script of the report's page, which is compiled for browsers. */
const pageScript = 'reports/page-script/page'
const sourceOf = (name: string, file = 'index') => join(root, 'packages', name, 'src', `${file}.ts`)
const outputOf = (name: string, file = 'index') => join(root, 'packages', name, 'dist', `${file}.js`)
const writeSource = (name: string, text: string, file = 'index') => writeFileSync(sourceOf(name, file), text)
const run = () => build(() => compiled++, root)
const compileByHand = () =>
  spawnSync(process.execPath, [join(own, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root })

/** Gives a file the time of a day before. */
function makeOld(file: string): void {
  const time = Date.now() / 1000 - 86_400
  utimesSync(file, time, time)
}

describe('build', () => {
  it('compiles nothing where nothing has changed', async () => {
    expect(readFileSync(outputOf('torch'), 'utf8')).toContain('value = 1')
    await run()
    expect(compiled).toBe(0)
  })

  it.each(['torch', 'rewardkit'])('compiles a changed source of %s', async (name) => {
    writeSource(name, 'export const value = 2\n')
    await run()
    expect(readFileSync(outputOf(name), 'utf8')).toContain('value = 2')
    expect(compiled).toBe(1)
  })

  it('compiles a source that comes back with an old time', async () => {
    writeSource('rewardkit', 'export const value = 2\n')
    await run()
    writeSource('rewardkit', 'export const value = 1\n')
    makeOld(sourceOf('rewardkit'))
    await run()
    expect(readFileSync(outputOf('rewardkit'), 'utf8')).toContain('value = 1')
  })

  it.each(['index', pageScript])('does so too where the compiler was started by hand in between: %s', async (file) => {
    const before = readFileSync(sourceOf('rewardkit', file), 'utf8')
    writeSource('rewardkit', 'export const value = 2\n', file)
    compileByHand()
    expect(compiles(root)).toBe(true)
    expect(readFileSync(outputOf('rewardkit', file), 'utf8')).toContain('value = 2')
    writeSource('rewardkit', before, file)
    makeOld(sourceOf('rewardkit', file))
    await run()
    expect(readFileSync(outputOf('rewardkit', file), 'utf8')).not.toContain('value = 2')
  })

  it('removes the output of a source that is gone', async () => {
    writeSource('rewardkit', 'export const other = 1\n', 'other')
    await run()
    expect(existsSync(outputOf('rewardkit', 'other'))).toBe(true)
    rmSync(sourceOf('rewardkit', 'other'))
    await run()
    expect(existsSync(outputOf('rewardkit', 'other'))).toBe(false)
    expect(existsSync(outputOf('rewardkit'))).toBe(true)
  })

  it('refuses a source with an error each time, until it is corrected', async () => {
    writeSource('torch', "export const value: number = 'one'\n")
    await expect(run()).rejects.toThrow(/do not compile.*\n.*torch\/src\/index\.ts\(1,14\): error TS2322/)
    await expect(run()).rejects.toThrow('do not compile')
    expect(compiles(root)).toBe(false)
    writeSource('torch', 'export const value = 1\n')
    await run()
    expect(compiles(root)).toBe(true)
  })
})
