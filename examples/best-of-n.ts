/**
 * Best-of-n in an HTTP handler: out of several candidate answers, the caller gets the one with the highest reward.
 *
 *     const model = await RewardModel.load('runs/support')
 *     serve({ fetch: bestOfN(model, askTheLanguageModel).fetch, hostname: '127.0.0.1', port: 3000 })  // @hono/node-server
 *     curl -d '{"prompt": "How do I return a parcel?"}' -H 'content-type: application/json' 127.0.0.1:3000/answer
 */
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { RewardKitError, type RewardModel } from 'rewardkit'

/** Samples `count` answers to a prompt from your language model. */
export type Generate = (prompt: string, count: number, signal: AbortSignal) => Promise<readonly string[]>

const candidates = 8

export function bestOfN(model: RewardModel, generate: Generate): Hono {
  const app = new Hono()
  app.post('/answer', bodyLimit({ maxSize: 64 * 1024 }), async (context) => {
    const body: unknown = await context.req.json().catch(() => null)
    const prompt = typeof body === 'object' && body !== null && 'prompt' in body ? body.prompt : null
    if (typeof prompt !== 'string' || prompt.trim() === '')
      return context.json({ error: 'prompt: expected a text' }, 400)
    // Aborts when the caller hangs up: anything not computed by then never is.
    const { signal } = context.req.raw
    const answers = await generate(prompt, candidates, signal)
    // The model was trained on messages, which go through its chat template.
    const { best, ranking } = await model.rank(
      [{ role: 'user', content: prompt }],
      answers.map((content) => [{ role: 'assistant', content }]),
      { signal },
    )
    return context.json({
      answer: answers[best.index],
      reward: best.reward,
      rewards: ranking.map(({ reward }) => reward),
    })
  })
  app.onError((error, context) => {
    if (error instanceof HTTPException) return error.getResponse()
    const isCallers = error instanceof RewardKitError && error.code === 'invalid-input'
    return context.json({ error: isCallers ? error.message : 'the answer could not be ranked' }, isCallers ? 400 : 500)
  })
  return app
}
