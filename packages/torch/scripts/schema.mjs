// What operators.txt lists and what libtorch's schemas say.
import { readFileSync } from 'node:fs'

/** Splits at commas outside brackets. @param {string} text */
function splitList(text) {
  const parts = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    const character = text[i]
    if (character === '(' || character === '[') depth++
    if (character === ')' || character === ']') depth--
    if (i === text.length || (character === ',' && depth === 0)) {
      const part = text.slice(start, i).trim()
      if (part) parts.push(part)
      start = i + 1
    }
  }
  return parts
}

/**
 * The parts of a schema, with types as libtorch writes them.
 * @param {string} text the schema as libtorch prints it
 */
export function parseSchema(text) {
  const withoutAliases = text.replace(/\(\w!?( -> \*)?\)/g, '')
  const match = /^([\w:]+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(withoutAliases)
  if (!match) throw new Error(`not a schema: ${text}`)
  const [, name = '', overload = '', parameterText = '', returnText = ''] = match
  const parameters = splitList(parameterText)
    .filter((part) => part !== '*')
    .map((part) => {
      const found = /^(\S+) (\w+)(=.*)?$/.exec(part)
      if (!found?.[1] || !found[2]) throw new Error(`not a parameter: ${part}`)
      return { type: found[1], name: found[2], optional: found[3] !== undefined }
    })
  const results = splitList(returnText.startsWith('(') ? returnText.slice(1, -1) : returnText).map(
    (part) => part.split(' ')[0] ?? '',
  )
  return { name, overload, parameters, results }
}

/** The lines of operators.txt: names of the dispatcher, and the name that the typed wrapper has. */
export function readOperators() {
  return readFileSync(new URL('operators.txt', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const [operator = '', , alias] = line.split(/\s+/)
      const [name = '', overload = ''] = operator.split('.')
      return { name: `aten::${name}`, overload, exported: alias ?? name }
    })
}
