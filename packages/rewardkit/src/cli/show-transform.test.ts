import { expect, test } from 'vitest'
import { formatTransform } from './show-transform.ts'

const read = { pairs: 9, groups: 9, formats: ['pairs'], dropped: {}, turned: 0, skipped: { count: 0, first: [] } }

const shown = (lost: Record<string, number>) =>
  formatTransform({
    read,
    removed: {},
    outputs: [{ file: 'out.jsonl', sha256: '', groups: 9, pairs: 9, rows: 9, lost }],
    provenance: 'out.provenance.json',
  }).split('\n')

test('says apart what the layout loses, writes in another form, and makes up', () => {
  expect(shown({ margin: 2, form: 160, made_up_margin: 1 }).slice(2, -1)).toEqual([
    '  the layout does not keep: 2 margin',
    '  written in another form (plain texts, messages or transcript) than read: 160 rows',
    '  a margin is made up for pairs without one, since the layout needs it: 1 row',
  ])
  expect(shown({ form: 1, made_up_margin: 2 }).join()).not.toContain('does not keep')
  expect(shown({})).toHaveLength(3)
})
