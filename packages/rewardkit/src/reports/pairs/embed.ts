import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

import { type Markup, trusted } from '../html.ts'
import type { PagePairs } from '../page-script/payload.ts'

/** The compiled script. Tests run from source, and a browser cannot run TypeScript. */
const scriptFile = new URL(
  import.meta.url.endsWith('.ts')
    ? '../../../dist/reports/page-script/pairs-table.js'
    : '../page-script/pairs-table.js',
  import.meta.url,
)

/** The script of a page, and the policy that lets a browser run it and nothing else. */
export interface PageScript {
  readonly policy: string
  readonly element: Markup
}

/** The script that shows pairs as a table. */
export function pairsScript(): PageScript {
  const code = readFileSync(scriptFile, 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '')
  const hash = createHash('sha256').update(code).digest('base64')
  return {
    policy: `${policyWithoutScript}; script-src 'sha256-${hash}'`,
    element: trusted(`<script type="module">${code}</script>`),
  }
}

/** What a page without a script may do: show itself. */
export const policyWithoutScript = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

/** The pairs as data of a page: letters and digits, whatever the texts hold. */
export function embedded(pairs: PagePairs): Markup {
  const packed = gzipSync(JSON.stringify(pairs), { level: 9 }).toString('base64')
  return trusted(`<template id="pair-data">${packed}</template>`)
}
