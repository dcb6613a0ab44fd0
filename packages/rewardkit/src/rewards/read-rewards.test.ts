import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { rowsOf } from '../analysis/reward-table.ts'
import { type Event, silentHooks } from '../events.ts'
import { readRewards, type RewardFileOptions } from './read-rewards.ts'

const folder = mkdtempSync(join(tmpdir(), 'rewardkit-rewards-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
/** Writes a file and reads it: its rows, and what was said. */
async function read(content: string | object[], options: RewardFileOptions & { name?: string } = {}) {
  const path = join(folder, options.name ?? `${++files}.jsonl`)
  writeFileSync(path, typeof content === 'string' ? content : content.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const events: Event[] = []
  const hooks = { ...silentHooks, onEvent: (event: Event) => events.push(event) }
  const { table } = await readRewards(path, options, hooks)
  const said = events.flatMap((event) => ('message' in event ? [event.message.replace(path, 'FILE')] : []))
  return { rows: [...rowsOf(table)], said }
}

const margins = ({ rows }: Awaited<ReturnType<typeof read>>) => rows.map((row) => row.reward_margin)

describe('readRewards', () => {
  it('reads rewards.jsonl with all that it says', async () => {
    const row = {
      schema_version: 1,
      id: 'a',
      prompt_id: 'p',
      subset: 's',
      chosen_reward: 2,
      rejected_reward: 0.5,
      reward_margin: 1.5,
      annotated_margin: 3,
      chosen_tokens: 7,
      rejected_tokens: 9,
      group_id: 'g',
      chosen_response: 0,
      rejected_response: 2,
      layout: 'rm-bench',
      truncated: true,
    }
    expect(await read([row])).toEqual({ rows: [row], said: [] })
  })

  it("reads what rewardbench saves with each pair, its save_all, and the script's table by columns", async () => {
    const outputs = await read([
      {
        prompt: 'q',
        results: 1,
        scores_chosen: 1.5,
        scores_rejected: 1,
        text_chosen: 'q a',
        text_rejected: 'q b',
        subset: 'x',
      },
      { prompt: 'q', results: 0, scores_chosen: [0], scores_rejected: [1], text_chosen: 'q c', text_rejected: 'q d' },
    ])
    expect(margins(outputs)).toEqual([0.5, -1])
    expect(new Set(outputs.rows.map((row) => row.prompt_id)).size).toBe(1)
    expect(outputs.rows.map(({ subset }) => subset)).toEqual(['x', null])
    expect(
      margins(
        await read([
          { chosen: 1, rejected: 3 },
          { chosen: -0.25, rejected: -1 },
        ]),
      ),
    ).toEqual([-2, 0.75])
    const table = { id: [3, 4], model: 'm', scores_chosen: [1, 2], scores_rejected: [0, 5], subset: ['x', 'y'] }
    const script = await read(JSON.stringify(table, null, 4), { name: 'model.json' })
    expect(script.rows.map(({ id, subset }) => [id, subset])).toEqual([
      ['3', 'x'],
      ['4', 'y'],
    ])
    expect(margins(script)).toEqual([1, -3])
  })

  it('reads RewardBench 2 and RM-Bench as groups: each correct response against each other one', async () => {
    const two = await read(
      JSON.stringify({
        id: ['7', '8'],
        scores: [
          [3, 1, 2, 4],
          [1, 2, 0],
        ],
        num_correct: [1, 2],
        subset: ['Math', 'Ties'],
      }),
      { name: 'two.json' },
    )
    expect(two.rows.map((row) => [row.id, row.group_id, row.layout, row.reward_margin])).toEqual([
      ['7#0-1', '7', 'rewardbench2', 2],
      ['7#0-2', '7', 'rewardbench2', 1],
      ['7#0-3', '7', 'rewardbench2', -1],
      ['8#0-2', '8', 'rewardbench2', 1],
      ['8#1-2', '8', 'rewardbench2', 2],
    ])
    const style = await read([{ id: 1, domain: 'chat', score_chosen: [1, 2, 3], score_rejected: [0, 1, 5] }])
    expect(style.rows).toHaveLength(9)
    expect(style.rows[5]).toMatchObject({ id: '1#1-5', layout: 'rm-bench', subset: 'chat', reward_margin: -3 })
  })

  it('reads two columns of a table, named with dots, and the texts beside them', async () => {
    const columns = ['chosen_reward=model.a', 'rejected_reward=model.b', 'prompt_id=q', 'annotated_margin=grade']
    const { rows, said } = await read(
      [{ q: 5, model: { a: '1.5', b: 1 }, grade: 2, chosen: '- one\n- two', rejected: 'three' }],
      { columns },
    )
    expect(said).toEqual([])
    expect(rows[0]).toMatchObject({ id: 'line-1', prompt_id: '5', reward_margin: 0.5, annotated_margin: 2 })
    expect(rows[0]).toMatchObject({ chosen_characters: 11, chosen_marks: ['list'], rejected_marks: [] })
    const csv = await read('a,b,who\n1,0,x\n2,2.5,y\n', {
      name: 'table.csv',
      columns: ['chosen_reward=a', 'rejected_reward=b', 'prompt_id=who'],
    })
    expect(margins(csv)).toEqual([1, -0.5])
  })

  it('takes a folder for parts of one file, with folders as subsets', async () => {
    for (const part of ['x', 'y']) {
      mkdirSync(join(folder, 'parts', part), { recursive: true })
      writeFileSync(join(folder, 'parts', part, 'a.jsonl'), '{"chosen_reward":1,"rejected_reward":0,"prompt_id":"p"}\n')
    }
    const { table } = await readRewards(join(folder, 'parts'), {}, silentHooks)
    expect(table.subsetNames).toEqual(['x', 'y'])
    expect(new Set(table.ids).size).toBe(2)
  })

  it('says that pairs without a prompt count as independent, and that ids come twice', async () => {
    const { rows, said } = await read([
      { id: 'a', chosen_reward: 1, rejected_reward: 0 },
      { id: 'a', chosen_reward: 1, rejected_reward: 0 },
    ])
    expect(rows.map(({ id }) => id)).toEqual(['a', 'a@line-2'])
    expect(said).toEqual([
      'FILE: 1 pair with the id of an earlier pair; "@line-N" was appended, and all of them count',
      'FILE: nothing says which rows have the same prompt, so 2 rows count as prompts of their own; name a column of prompts: columns prompt_id=COLUMN',
    ])
  })

  it.each<[string, string | object[], RewardFileOptions, RegExp]>([
    [
      'no reward columns',
      [{ a: 1, b: 2 }],
      {},
      /line 1: found the columns a, b; expected "chosen_reward" and "rejected_reward"; .*chosen_reward=COLUMN/,
    ],
    [
      'columns that may be meant',
      [{ s: { better: 1, worse: 0 } }],
      {},
      /chosen_reward=s\.better rejected_reward=s\.worse$/,
    ],
    [
      'a missing reward',
      [
        { chosen_reward: 1, rejected_reward: 0 },
        { chosen_reward: null, rejected_reward: 0 },
      ],
      {},
      /line 2: field "chosen_reward": found null, expected a finite number; onError: 'skip' leaves/,
    ],
    [
      'a reward whose powers overflow',
      '{"chosen_reward": 1e39, "rejected_reward": 0}\n',
      {},
      /line 1: field "chosen_reward": found number 1e\+39, expected a number of at most 3\.4e38, the largest of float32/,
    ],
    [
      'an infinite reward',
      '{"chosen_reward": Infinity, "rejected_reward": 0}\n',
      {},
      /line 1: field "chosen_reward": found Infinity, expected a finite number/,
    ],
    [
      'an infinite reward as text',
      [{ chosen_reward: '-inf', rejected_reward: 0 }],
      {},
      /line 1: field "chosen_reward": found text "-inf"/,
    ],
    ['a broken line of ours', [{ schema_version: 1, reward_margin: null }], {}, /line 1: field "id"/],
    [
      'a wrong count',
      [{ scores: [1, 2], num_correct: 2 }],
      {},
      /"num_correct": found 2, expected 1 to 1, for 2 scores/,
    ],
    [
      'a column that is not there',
      [{ a: 1 }],
      { columns: ['chosen_reward=score_of_first', 'rejected_reward=a'] },
      /found no column "score_of_first", only a; columns counts for every file/,
    ],
    ['an empty file', '', {}, /empty file/],
  ])('refuses %s', async (_, content, options, message) => {
    await expect(read(content, options)).rejects.toThrow(message)
  })

  it('skips and counts bad rows on request, but not all of them', async () => {
    const bad = { chosen_reward: 'x', rejected_reward: 0 }
    const { rows, said } = await read([{ chosen_reward: 1, rejected_reward: 0, prompt_id: 1 }, bad], {
      onError: 'skip',
    })
    expect(rows).toHaveLength(1)
    expect(said.join()).toMatch(/1 row was skipped.*line 2: field "chosen_reward": found text "x"/s)
    await expect(read([bad], { onError: 'skip' })).rejects.toThrow('found no pair with rewards')
  })
})
