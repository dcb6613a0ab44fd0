import { fileURLToPath } from 'node:url'

/**
 * Adds to Stryker what it lacks: 0 becomes 1, and every other number is doubled. The list of mutators is not part of its
 * public API, hence the path; a version without it fails here.
 */
export async function mutateNumbers() {
  const core = import.meta.resolve('@stryker-mutator/core')
  const list = new URL('../../../instrumenter/dist/src/mutators/mutate.js', core)
  const { allMutators } = await import(fileURLToPath(list))
  allMutators.push({
    name: 'NumberLiteral',
    *mutate(path) {
      const isKey = path.parent.type === 'ObjectProperty' && path.key === 'key'
      const isType = path.parent.type === 'TSLiteralType'
      if (path.node.type !== 'NumericLiteral' || isKey || isType) return
      const value = path.node.value === 0 ? 1 : 2 * path.node.value
      yield { type: 'NumericLiteral', value }
    },
  })
}
