/**
 * From rows in a database to a model. The rows are read once, into the run folder. If you stop a run, `resume: true`
 * continues from there without asking the database again.
 *
 *     await trainFromDatabase('support.db', 'models/SmolLM2-135M-Instruct', 'runs/support')
 */
import Database from 'libsql'
import { train, type TrainResult } from 'rewardkit'

/** One judgement of a person: two answers to a question, and how many of five reviewers preferred the first. */
interface Judgement {
  readonly id: number
  readonly question: string
  readonly winner: string
  readonly loser: string
  readonly votes: number
}

export async function trainFromDatabase(
  path: string,
  model: string,
  out: string,
  options: { maxSteps?: number } = {},
): Promise<TrainResult> {
  const database = new Database(path, { readonly: true })
  try {
    return await train({
      model,
      out,
      objective: 'adaptive-margin',
      evalFraction: 0.1,
      batchSize: 32,
      ...options,
      *data() {
        const rows = database.prepare('select id, question, winner, loser, votes from judgements order by id').iterate()
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the columns of the statement
        for (const { id, question, winner, loser, votes } of rows as Iterable<Judgement>)
          yield {
            id,
            prompt: [{ role: 'user', content: question }],
            chosen: [{ role: 'assistant', content: winner }],
            rejected: [{ role: 'assistant', content: loser }],
            margin: (2 * votes - 5) / 5,
          }
      },
    })
  } finally {
    database.close()
  }
}
