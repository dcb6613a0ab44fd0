import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { inCommandWords } from './words.ts'
import { InputError, located, wholePhrase } from '../errors.ts'
import { noticeAt, warning } from '../events.ts'
import { command, inProgramWords, joinPhrases, option, phrase, settings } from '../phrase.ts'

describe('a phrase', () => {
  const tooLong = phrase`${option('maxLength')}: give ${settings({ maxLength: 512, resume: true })}, or run ${command('data inspect --json')}`

  it('is written by each front end in its own words', () => {
    expect(inCommandWords(tooLong)).toBe(
      '--max-length: give --max-length 512 --resume, or run rewardkit data inspect --json',
    )
    expect(inProgramWords(tooLong)).toBe(
      'maxLength: give maxLength: 512, resume: true, or run npx rewardkit data inspect --json',
    )
  })

  it('keeps the options of phrases within it, and leaves texts of the user unchanged', () => {
    const id = 'flag --dry-run 0 --max-length 5 maxLength: 7'
    const whole = joinPhrases([id, phrase`${id}, row ${3}: ${tooLong}`], '; ')
    expect(inCommandWords(whole)).toBe(`${id}; ${id}, row 3: ${inCommandWords(tooLong)}`)
    expect(inProgramWords(whole)).toBe(`${id}; ${id}, row 3: ${inProgramWords(tooLong)}`)
  })

  it('has values that a shell and a program read back', () => {
    const values = ['prompt=a b', "a=it's", 'b="$HOME" `x` \\', 'choice=line\nend', '', 'plain=x,y']
    const given = phrase`${settings({ columns: values })}`
    const typed = inCommandWords(given).replace('--columns ', '')
    const script = `for word in ${typed}; do printf '%s\\0' "$word"; done`
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(values)
    // oxlint-disable-next-line no-eval, typescript/no-implied-eval -- what somebody would paste into a program
    expect(new Function(`return { ${inProgramWords(given)} }`)()).toEqual({ columns: values })
  })
})

describe('an error', () => {
  const error = new InputError(phrase`${option('out')} runs/--overwrite is not empty`, {
    remedy: phrase`give ${settings({ overwrite: true })}`,
  })

  it('has strings in the words of a program, and its phrases for other front ends', () => {
    expect(error).toMatchObject({
      message: 'out runs/--overwrite is not empty; give overwrite: true',
      problem: 'out runs/--overwrite is not empty',
      remedy: 'give overwrite: true',
    })
    expect(inCommandWords(wholePhrase(error.phrases))).toBe('--out runs/--overwrite is not empty; give --overwrite')
  })

  it('keeps its phrases after a place', () => {
    expect(inCommandWords(wholePhrase(located('line 3', error).phrases))).toBe(
      'line 3: --out runs/--overwrite is not empty; give --overwrite',
    )
  })
})

it('a warning has both, too, and survives the way between threads', () => {
  const event = structuredClone(noticeAt('a.jsonl', warning(phrase`${settings({ onError: 'skip' })} leaves rows out`)))
  expect(event).toMatchObject({ kind: 'warning', message: "a.jsonl: onError: 'skip' leaves rows out" })
  expect(inCommandWords(event.phrase)).toBe('a.jsonl: --on-error skip leaves rows out')
})
