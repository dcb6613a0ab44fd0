// Writes docs/api/*.api.md: what each public subpath of the packages declares. A change to them is a change of the API
// and is reviewed as one. `--check` writes nothing and fails where a report is not what the built declarations say now.
// Either way, declarations with `any`, or with an array among a function's inputs that it could change, are refused.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import ts from 'typescript'

const root = resolve(import.meta.dirname, '..')
const reports = join(root, 'docs/api')
const temporary = mkdtempSync(join(tmpdir(), 'rewardkit-api-'))
const compilerOptions = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
  strict: true,
  skipLibCheck: true,
}
const checks = process.argv.includes('--check')

/** @type {Map<string, string>} */
const written = new Map()
for (const folder of ['packages/torch', 'packages/rewardkit'])
  for (const { name, declarations } of publicEntries(join(root, folder)))
    written.set(`${name}.api.md`, reportOf(join(root, folder), declarations))
rmSync(temporary, { recursive: true })

const problems = [...written].flatMap(([file, report]) =>
  looseTypes(report).map((problem) => `docs/api/${file}: ${problem}`),
)
const present = existsSync(reports) ? readdirSync(reports) : []
for (const file of present.filter((name) => !written.has(name))) {
  if (checks) problems.push(`docs/api/${file} belongs to no public subpath: run npm run api`)
  else rmSync(join(reports, file))
}
mkdirSync(reports, { recursive: true })
for (const [file, report] of written) {
  const path = join(reports, file)
  if (existsSync(path) && readFileSync(path, 'utf8') === report) continue
  if (checks) problems.push(`docs/api/${file} is not what the declarations say: run npm run api and commit the change`)
  else writeFileSync(path, report)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

/**
 * The subpaths with types that a package exports, each with a name for its report and its built declarations.
 * @param {string} folder
 */
function publicEntries(folder) {
  const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
  const { name, exports } = /** @type {{ name: string, exports: Record<string, string | { types: string }> }} */ (
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own package.json
    JSON.parse(manifest)
  )
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const words = `${name}${subpath.slice(1)}`.replace('@', '').replaceAll('/', '-')
    return [{ name: words, declarations: join(folder, target.types) }]
  })
}

/**
 * @param {string} folder
 * @param {string} declarations
 */
function reportOf(folder, declarations) {
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: join(folder, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: declarations,
      compiler: { overrideTsconfig: { compilerOptions, files: [declarations] } },
      apiReport: {
        enabled: true,
        reportFolder: temporary,
        reportTempFolder: join(temporary, 'temporary'),
        reportFileName: 'report.api.md',
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  })
  const { errorCount } = Extractor.invoke(config, {
    localBuild: true,
    messageCallback: (message) => {
      // It tells of each new or changed report, and of its own TypeScript being older.
      message.handled = message.logLevel !== ExtractorLogLevel.Error
    },
  })
  if (errorCount > 0) throw new Error(`${declarations} cannot be read: see above`)
  return readFileSync(join(temporary, 'report.api.md'), 'utf8')
}

/**
 * What a report's declarations leave open: `any`, and arrays that a function takes without `readonly`.
 * @param {string} report
 */
function looseTypes(report) {
  const [, code = ''] = /^```ts\n(.*)^```$/ms.exec(report) ?? []
  const source = ts.createSourceFile('report.d.ts', code, ts.ScriptTarget.Latest, true)
  /** @type {string[]} */
  const found = []
  /** @type {(node: ts.Node, isInput: boolean) => void} */
  const visit = (node, isInput) => {
    const line = () => lineOf(source, node)
    if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(`any in "${line()}"`)
    const isList = ts.isArrayTypeNode(node) || ts.isTupleTypeNode(node)
    if (isInput && isList && !isReadonly(node)) found.push(`an input that could be changed in "${line()}"`)
    ts.forEachChild(node, (child) => visit(child, ts.isParameter(child) || (isInput && !ts.isFunctionTypeNode(node))))
  }
  visit(source, false)
  return found
}

/** Whether a list is marked `readonly`, or is the rest of a tuple, which is judged separately. */
function isReadonly(/** @type {ts.Node} */ { parent }) {
  return (
    ts.isRestTypeNode(parent) || (ts.isTypeOperatorNode(parent) && parent.operator === ts.SyntaxKind.ReadonlyKeyword)
  )
}

/**
 * @param {ts.SourceFile} source
 * @param {ts.Node} node
 */
function lineOf(source, node) {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart())
  return source.text.split('\n')[line]?.trim()
}
