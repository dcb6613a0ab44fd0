// Checks that imports in packages/*/src, including those of types, go one way. A room of rewardkit imports only from
// earlier rooms (rooms.mjs has their order), and the files at the top of src import from no room. No files import each
// other in a circle. CONTRIBUTING.md lists the rooms as rooms.mjs does; --write writes that list.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { cruise } from 'dependency-cruiser'
import { listOfRooms, rooms } from './rooms.mjs'

const root = resolve(import.meta.dirname, '..')
const source = 'packages/rewardkit/src'
const contributing = resolve(root, 'CONTRIBUTING.md')

const problems = [...foldersWithoutRoom(), ...listProblems(process.argv.includes('--write')), ...(await wrongImports())]
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1

/** Folders and rooms that do not match. */
function foldersWithoutRoom() {
  const entries = readdirSync(resolve(root, source), { withFileTypes: true })
  const folders = entries.filter((entry) => entry.isDirectory() && entry.name !== 'fixtures').map(({ name }) => name)
  const unknown = folders.filter((folder) => rooms.every(({ name }) => name !== folder))
  const missing = rooms.filter(({ name, planned }) => !planned && !folders.includes(name))
  const built = rooms.filter(({ name, planned }) => planned && folders.includes(name))
  return [
    ...unknown.map((name) => `${source}/${name}: not in scripts/rooms.mjs: give it a place there`),
    ...missing.map(
      ({ name }) => `scripts/rooms.mjs: ${name} has no folder in ${source}: remove it, or mark it as planned`,
    ),
    ...built.map(({ name }) => `scripts/rooms.mjs: ${name} is marked as planned, but ${source}/${name} exists`),
  ]
}

/** Whether CONTRIBUTING.md lists other rooms; after writing, it does not. */
function listProblems(/** @type {boolean} */ write) {
  const text = readFileSync(contributing, 'utf8')
  const list = /(<!-- rooms -->\n+)[^]*?(\n+<!-- end of rooms -->)/
  if (!list.test(text)) return ['CONTRIBUTING.md: the marks <!-- rooms --> and <!-- end of rooms --> are missing']
  const current = text.replace(list, (_, begin, end) => `${begin}${listOfRooms()}${end}`)
  if (current === text) return []
  if (!write)
    return [
      'CONTRIBUTING.md: its list of rooms is not that of scripts/rooms.mjs: run node scripts/check-rooms.mjs --write',
    ]
  writeFileSync(contributing, current)
  return []
}

async function wrongImports() {
  const roomsFrom = (/** @type {number} */ place) =>
    rooms
      .slice(place)
      .map(({ name }) => name)
      .join('|')
  const { output } = await cruise(['packages/torch/src', source], {
    baseDir: root,
    parser: 'swc',
    tsPreCompilationDeps: true,
    exclude: { path: String.raw`/fixtures/|\.(test|peers|browser)\.ts$` },
    doNotFollow: { path: 'node_modules|/dist/' },
    validate: true,
    ruleSet: {
      forbidden: [
        { name: 'circle', severity: 'error', from: {}, to: { circular: true } },
        { name: 'entry', severity: 'error', from: { path: `^${source}/.` }, to: { path: `^${source}/index.ts$` } },
        {
          name: 'ground',
          severity: 'error',
          from: { path: `^${source}/[^/]+$`, pathNot: `^${source}/index.ts$` },
          to: { path: `^${source}/(${roomsFrom(0)})/` },
        },
        ...rooms.slice(0, -1).map(({ name }, place) => ({
          name,
          severity: /** @type {const} */ ('error'),
          from: { path: `^${source}/${name}/` },
          to: { path: `^${source}/(${roomsFrom(place + 1)})/` },
        })),
      ],
    },
  })
  if (typeof output === 'string') throw new Error(output)
  const { violations, totalCruised } = output.summary
  if (totalCruised < 300)
    return [`${totalCruised} files were read, expected all of packages/*/src: does the parser read TypeScript?`]
  return violations.map(({ from, to, cycle }) =>
    cycle
      ? `files import each other: ${[from, ...cycle.map(({ name }) => name)].join(' -> ')}`
      : `${from} imports ${to}, which comes later in scripts/rooms.mjs`,
  )
}
