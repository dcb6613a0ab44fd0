import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { readText, written } from './fixtures/read-files.ts'
import { createReading, readRows } from './read-rows.ts'

describe('CSV', () => {
  it('reads quotes, line ends in cells, CRLF and a byte order mark', async () => {
    const text = '\uFEFFid,prompt,chosen,rejected\r\n7,"a ""b"", c","two\r\nlines",\r\n8,ü,42,true\r\n'
    const rows = [
      { id: '7', prompt: 'a "b", c', chosen: 'two\r\nlines', rejected: '' },
      { id: '8', prompt: 'ü', chosen: '42', rejected: 'true' },
    ]
    expect(await readText('a.csv', text)).toEqual(rows)
    expect(await readText('a.csv.gz', gzipSync(text))).toEqual(rows)
    expect(await readText('a.tsv', 'a\tb\nx, y\t"1\t2"\n')).toEqual([{ a: 'x, y', b: '1\t2' }])
  })

  it('reads numbers where the name says so, and JSON where it is what messages look like', async () => {
    const text = [
      ',margin,score_A,labels,chosen,rejected,responses',
      `0,1.5,-3e2,True,"[{""role"": ""user"", ""content"": ""q""}]","[{""a"": 1}]","[""x"", ""y""]"`,
      '1,none,7,0,,{},not json',
    ].join('\n')
    expect(await readText('b.csv', text)).toEqual([
      {
        unnamed_1: '0',
        margin: 1.5,
        score_A: -300,
        labels: true,
        chosen: [{ role: 'user', content: 'q' }],
        rejected: '[{"a": 1}]',
        responses: ['x', 'y'],
      },
      { unnamed_1: '1', margin: 'none', score_A: 7, labels: 0, chosen: '', rejected: '{}', responses: 'not json' },
    ])
  })

  it('reads an empty cell as null among numbers and JSON, else as empty text', async () => {
    const text = 'id,prompt,score_A,responses,chosen\n,,,,x\n'
    expect(await readText('empty.csv', text)).toEqual([
      { id: '', prompt: '', score_A: null, responses: null, chosen: 'x' },
    ])
  })

  it.each([
    [
      'semicolons',
      'd.csv',
      'prompt;chosen;rejected\n"a, b; c";"x\ny, z";n, o\n',
      'columns are separated by semicolons',
    ],
    ['tabs', 'e.csv', 'prompt\tchosen\trejected\r\na, b; c\t"x\ny, z"\tn, o', 'columns are separated by tabs'],
    ['bars', 'f.csv', '\uFEFFprompt|chosen|rejected\n"a, b; c"|"x\ny, z"|n, o', 'columns are separated by bars'],
    [
      'commas in .tsv',
      'g.tsv',
      'prompt,chosen,rejected\n"a, b; c","x\ny, z","n, o"',
      'columns are separated by commas',
    ],
    ['what is usual', 'h.csv', 'prompt,chosen,rejected\n"a, b; c","x\ny, z","n, o"', undefined],
  ])('finds by looking what parts columns: %s', async (_, name, text, reported) => {
    const path = written(name, text)
    const reading = createReading()
    const rows = []
    for await (const item of readRows({ path, name }, reading)) rows.push('error' in item ? item.error : item.row)
    expect(rows).toEqual([{ prompt: 'a, b; c', chosen: 'x\ny, z', rejected: 'n, o' }])
    expect(reading.notes.list().map(({ message }) => message)).toEqual(reported === undefined ? [] : [reported])
  })

  it('takes the delimiter that fits the rows where several part the header', async () => {
    const text = 'id,prompt;question,answer\n1,a;b,c\n2,d,e\n'
    expect(await readText('i.csv', text)).toEqual([
      { id: '1', 'prompt;question': 'a;b', answer: 'c' },
      { id: '2', 'prompt;question': 'd', answer: 'e' },
    ])
  })

  it('numbers rows by the line on which they begin', async () => {
    const text = 'a,"b\r\nc"\n\n1,"x\ny"\n\n\n2,"q"\n"u\r\nv","w\r\n\n"\n3,4'
    const path = written('lines.csv', text)
    const numbers = []
    for await (const { number } of readRows({ path, name: path })) numbers.push(number)
    // What an editor shows.
    expect(numbers).toEqual([4, 8, 9, 13])
  })

  it('goes on after rows that cannot be read', async () => {
    const python = `"[{'role': 'user', 'content': 'x'}]"`
    const text = Buffer.from(`a,b\n1\n1,2,3\n\xfc,2\n${python},2\nlast,2\n`, 'latin1')
    expect(await readText('c.csv', text)).toEqual([
      'line 2: 1 cell, expected 2 as the header has',
      'line 3: 3 cells, expected 2 as the header has',
      'line 4: column "a": bytes that are not valid UTF-8',
      'line 5: column "a": found a Python list, expected JSON',
      { a: 'last', b: '2' },
    ])
  })
})
