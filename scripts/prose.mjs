// What npm run check:prose finds in a text: long sentences, chains of semicolons, and phrases that read as translated.
import MarkdownIt from 'markdown-it'

const longestSentence = 30

/** Phrases that a native speaker would not write here, each with what to write instead. */
const phrases = /** @type {const} */ ([
  [/\bso many\b(?! \w+ that\b)/i, 'N, or the number itself'],
  [
    /(?<!\bthere )\b(?:is|are|was|were) no (?!more|less|better|worse|longer|different|older|newer|larger|smaller)[a-z]+/i,
    '"is not a"',
  ],
  [/\bwhoever\b/i, '"anyone who"'],
  [/\bof use\b/i, '"useful" or "usable"'],
  [/\b(?:is|are) concerned\b/i, '"affected", or name what you mean'],
  [/\b(?:is|are|was|were|be) told\b(?! (?:apart|to)\b)|\btold (?:is|are)\b/i, '"reports" or "says", with a subject'],
  [/\bstands? (?!-?alone)[a-z]+/i, '"is", "means" or "replaces"'],
  [/\bl(?:ies|ie) (?:in|at|on|beside|beneath|under|behind|next)\b/i, '"is"'],
  [/\byours to\b/i, '"you"'],
  [/(?<!\b(?:nothing|left) )\bbehind\b(?! a (?:proxy|firewall))/i, '"after"'],
  [/\bbeforehand\b/i, '"first" or "before ..."'],
  [/\bgo(?:es)? on (?:with|from|at)\b/i, '"continues" or "resumes"'],
  [/\bsome \d/i, '"about"'],
  [/(?<!soon |long )\bas (?:it is|they are|it came|they came)\b(?! (?:now|\w+ed)\b)/i, '"unchanged"'],
  [/\bby (?:itself|themselves)\b/i, '"on its own" or "alone"'],
  [/\bdoes as well\b/i, '"works too"'],
  [/\bthe other way round\b/i, '"the other way around" or "vice versa"'],
  [/\bwhat is (?:not|no)\b/i, '"anything that is not"'],
  [/\bfor who\b/i, '"for anyone who"'],
])

/** Comments that have lines to themselves; lines of // that follow one another are one. */
const lonelyComments = /^[ \t]*\/\*[\s\S]*?\*\/|(?:^[ \t]*\/\/(?! ?(?:oxlint-|@ts-)|\/ <).*(?:\n|$))+/gm

const markdown = new MarkdownIt()

/**
 * @typedef {object} Block a paragraph, heading, list item or table cell
 * @property {number} line where it begins, from 1
 * @property {string} text without markup; a code span is one word
 */

/**
 * What is wrong with a file, a message for each finding: place, what was found, remedy.
 * @param {string} path
 * @param {string} text
 * @returns {string[]}
 */
export function proseProblems(path, text) {
  const isMarkdown = path.endsWith('.md')
  const blocks = isMarkdown
    ? blocksOf(text)
    : commentsOf(text).flatMap((comment) => blocksOf(comment.text, comment.line))
  const strings = isMarkdown ? [] : stringsOf(text)
  const found = [
    ...[...blocks, ...strings].flatMap((block) => phraseProblems(block.text).map((problem) => ({ ...block, problem }))),
    ...blocks.flatMap((block) => sentenceProblems(block.text).map((problem) => ({ ...block, problem }))),
  ]
  return found.sort((a, b) => a.line - b.line).map(({ line, problem }) => `${path}:${line}: ${problem}`)
}

/**
 * The files that a Markdown text names: targets of relative links, and paths from the root of the repository.
 * @param {string} text
 */
export function filesNamedIn(text) {
  const links = Array.from(text.matchAll(/\]\((?!\w+:|#)([^)#\s]+)/g), ([, link = '']) => link)
  const fromRoot = /(?<![\w./-])(?:packages|bench|docs|examples|scripts|tools)\/[\w./-]*\w/g
  const paths = Array.from(text.replaceAll(/\]\([^)]*\)/g, '').matchAll(fromRoot), ([path]) => path)
  return { links, paths }
}

/** @param {string} text */
function phraseProblems(text) {
  return phrases.flatMap(([pattern, instead]) => {
    const found = pattern.exec(text)?.[0]
    return found === undefined ? [] : [`found "${found}": write ${instead}`]
  })
}

/** @param {string} text */
function sentenceProblems(text) {
  return sentencesOf(text).flatMap((sentence) => {
    const words = sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length
    const semicolons = sentence.split(';').length - 1
    const start = `the sentence "${sentence.slice(0, 40).trim()}"`
    const problems = []
    if (words > longestSentence) problems.push(`${start} has ${words} words, ${longestSentence} at most: make it two`)
    if (semicolons > 1) problems.push(`${start} has ${semicolons} semicolons, one at most: make it two`)
    return problems
  })
}

/** @param {string} text */
function sentencesOf(text) {
  const segments = new Intl.Segmenter('en', { granularity: 'sentence' }).segment(text)
  return Array.from(segments, ({ segment }) => segment)
}

/**
 * The blocks of a Markdown text, without its code blocks and displayed formulas.
 * @param {string} text
 * @param {number} [firstLine]
 * @returns {Block[]}
 */
function blocksOf(text, firstLine = 1) {
  const withoutFormulas = text
    .replaceAll(/\$\$.*?\$\$/gs, (formula) => formula.replaceAll(/[^\n]/g, ''))
    .replaceAll(/\$(?! )[^$`\n]+(?<! )\$/g, 'Formula')
  let line = firstLine // table cells have no place of their own: their row has
  return markdown.parse(withoutFormulas, {}).flatMap(({ type, children, map }) => {
    if (map !== null) line = firstLine + map[0]
    if (type !== 'inline' || children === null) return []
    const words = children.map((child) => {
      if (child.type === 'code_inline') return 'Code'
      return child.type === 'softbreak' || child.type === 'hardbreak' ? ' ' : child.type === 'text' ? child.content : ''
    })
    return { line, text: words.join('') }
  })
}

/**
 * The comments of a TypeScript or JavaScript file that have lines to themselves, as Markdown. Tags begin paragraphs;
 * what follows @example is code.
 * @param {string} source
 * @returns {Block[]}
 */
function commentsOf(source) {
  return Array.from(source.matchAll(lonelyComments), ({ 0: comment, index }) => ({
    line: lineAt(source, index),
    text: comment
      .replaceAll(/^[ \t]*(?:\/\/|\/\*\*?|\*\/|\*) ?|[ \t]*\*\/$/gm, '')
      .replaceAll(/^@example\b[^@]*/gm, (example) => example.replaceAll(/[^\n]/g, ''))
      .replaceAll(/\{@link ([^}|]+)[^}]*\}/g, '`$1`')
      .replaceAll(/^@\w+(?: \{[^\n]*\})?.?/gm, '\n')
      .replaceAll(/^ {2}/gm, '    '),
  }))
}

/**
 * The texts of a source file outside its comments; what is filled into a template is one word.
 * @param {string} source
 * @returns {Block[]}
 */
function stringsOf(source) {
  const code = source.replaceAll(lonelyComments, (comment) => comment.replaceAll(/[^\n]/g, ''))
  return Array.from(code.matchAll(/'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g), ({ 0: text, index }) => ({
    line: lineAt(code, index),
    text: text.replaceAll(/\$\{[^}]*\}/g, 'Code'),
  }))
}

/**
 * @param {string} text
 * @param {number} index
 */
function lineAt(text, index) {
  return text.slice(0, index).split('\n').length
}
