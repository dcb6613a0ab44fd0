import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { cases, mutate } from './fixtures/malformed-safetensors.ts'
import { openSafetensors, SafetensorsError, scope } from './index.ts'

const ownPython = fileURLToPath(new URL('../../../.peers/bin/python', import.meta.url))
const python = existsSync(ownPython) ? ownPython : (process.env['REWARDKIT_PEERS_PYTHON'] ?? ownPython)
const script = fileURLToPath(new URL('fixtures/peer_safetensors.py', import.meta.url))

const seed = Number(process.env['REWARDKIT_SEED'] ?? Date.now() % 1_000_000)
console.log(`safetensors against Python: REWARDKIT_SEED=${seed}`)

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-safetensors-'))
afterAll(() => rmSync(folder, { recursive: true }))

type Content = readonly [name: string, dtype: string, shape: readonly number[], hex: string][]

function askPython(files: readonly Buffer[]): (Content | null)[] {
  const input = JSON.stringify(files.map((file) => file.toString('base64')))
  return JSON.parse(
    execFileSync(python, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 30 }),
  ) as (Content | null)[]
}

const shortNames: Record<string, string> = {
  float32: 'F32',
  float16: 'F16',
  bfloat16: 'BF16',
  float64: 'F64',
  bool: 'BOOL',
}

/** In the form of Python's answer; null where the file is refused. Anything but a SafetensorsError fails the test. */
function read(file: Buffer): Content | null {
  const path = join(folder, 'file.safetensors')
  writeFileSync(path, file)
  try {
    const opened = openSafetensors(path)
    return scope(() =>
      [...opened.entries]
        .map(([name, { dtype, shape }]): Content[number] => {
          const short = shortNames[dtype] ?? dtype.replace('uint', 'U').replace('int', 'I')
          return [name, short, shape, Buffer.from(opened.get(name).bytes()).toString('hex')]
        })
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    )
  } catch (error) {
    if (!(error instanceof SafetensorsError)) throw error
    return null
  }
}

it('decides as the table says, and reads what Python reads', () => {
  const theirs = askPython(cases.map(({ file }) => file))
  expect(cases.map(({ name }, i) => [name, theirs[i] ? 'read' : 'refused'])).toEqual(
    cases.map(({ name, python: expected }) => [name, expected]),
  )
  for (const [i, { name, file }] of cases.entries()) {
    const ours = read(file)
    expect([name, ours]).toEqual([name, ours && theirs[i]])
  }
})

it('reads nothing of 20,000 mutated files that Python refuses, and the same of the rest', () => {
  let state = seed
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const files = Array.from({ length: 20_000 }, () => mutate(random))
  const theirs = askPython(files)
  const counts = { both: 0, neither: 0, onlyPython: 0 }
  for (const [i, file] of files.entries()) {
    const ours = read(file)
    expect(ours, file.toString('latin1')).toEqual(ours && theirs[i])
    counts[ours ? 'both' : theirs[i] ? 'onlyPython' : 'neither']++
  }
  console.log(counts)
  expect(counts.both).toBeGreaterThan(100)
})
