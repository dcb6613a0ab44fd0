// Packs the packages as they would be published and checks them with publint and are-the-types-wrong. They are ESM
// only, so findings about CommonJS resolution do not matter.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'rewardkit-packed-'))
try {
  run('npm', 'pack', '--silent', '-w', 'packages/torch', '-w', 'packages/rewardkit', '--pack-destination', folder)
  for (const name of readdirSync(folder)) {
    run('npx', '--no-install', 'publint', 'run', join(folder, name), '--strict')
    run('npx', '--no-install', 'attw', join(folder, name), '--profile', 'esm-only', '--format', 'ascii', '--no-emoji')
  }
} finally {
  rmSync(folder, { recursive: true })
}

/** Runs a program and shows what it said where it complains. */
function run(/** @type {string} */ command, /** @type {string[]} */ ...words) {
  const { status, stdout, stderr } = spawnSync(command, words, { cwd: root, encoding: 'utf8' })
  if (status === 0) return
  console.error(`${command} ${words.join(' ')}\n${stdout}${stderr}`)
  process.exitCode = 1
}
