/**
 * Those of `paths` that match a pattern of a data set's card, sorted, with fsspec's meaning as in the `datasets`
 * library. `*` and `?` stay within a name, `**` as a whole part goes through folders, `[...]` is one of a few
 * characters. Names that begin with a dot, and folders that begin with two underscores, count only if the pattern
 * itself names one.
 */
export function matchGlob(paths: readonly string[], pattern: string): string[] {
  const expression = globExpression(pattern)
  const dots = countParts(pattern, '.')
  const underscores = countParts(folderOf(pattern), '__')
  return paths
    .filter(
      (path) =>
        expression.test(path) && countParts(path, '.') === dots && countParts(folderOf(path), '__') === underscores,
    )
    .sort()
}

/** Whether a pattern has anything but a plain path. */
export const isGlob = (pattern: string): boolean => /[*?[]/.test(pattern)

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')))

const countParts = (path: string, start: string): number =>
  path.split('/').filter((part) => part.startsWith(start) && !/^\.+$/.test(part)).length

function globExpression(pattern: string): RegExp {
  const parts = pattern.split('/')
  const last = parts.length - 1
  const source = parts.map((part, index) => {
    if (part === '**') return index < last ? '(?:.+/)?' : '.*'
    const name = part === '*' ? '[^/]+' : nameExpression(part)
    return index < last ? `${name}/` : name
  })
  return new RegExp(`^${source.join('')}$`, 's')
}

function nameExpression(part: string): string {
  return part.replace(/\[(!?\]?[^\]]*)\]|\*+|\?|[\s\S]/g, (token, set?: string) => {
    if (set !== undefined) return setExpression(set)
    if (token.startsWith('*')) return '[^/]*'
    if (token === '?') return '[^/]'
    return token.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
  })
}

/** A hyphen at either end is a hyphen. */
function setExpression(set: string): string {
  const isNegated = set.startsWith('!')
  const inside = (isNegated ? set.slice(1) : set)
    .replace(/[\\\]^[]/g, String.raw`\$&`)
    .replace(/^-|-$/g, String.raw`\-`)
  return `[${isNegated ? '^' : ''}${inside}]`
}
