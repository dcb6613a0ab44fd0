#!/usr/bin/env node
// The command as npm links it. npm links only files that are there while it installs, and dist is compiled after that.
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) await import(main.href)
else {
  console.error('rewardkit: not built yet: run npm run setup')
  process.exitCode = 1
}
