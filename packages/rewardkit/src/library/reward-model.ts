import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { at } from '../at.ts'
import { computeOptionsSchema } from '../compute-options.ts'
import { refuseNearMisses } from '../data/layouts/near-misses.ts'
import { isKnownRole, knownRoles } from '../data/roles.ts'
import { type Group, groupFromRow, type TemplateInputs, type TextOrMessages } from '../data/index.ts'
import { InputError, located, RewardKitError } from '../errors.ts'
import type { GroupRewards, ScoreCut } from '../evaluate/scorer.ts'
import { type Event, warning } from '../events.ts'
import { phrase } from '../phrase.ts'
import { readingOverridesSchema } from '../tokens/reading-options.ts'
import { type Job, openJob } from '../thread/job.ts'
import { abortError } from '../thread/abort.ts'
import { sigmoid } from '../logistic.ts'
import type { ModelCalibration } from '../rewards/calibration-file.ts'
import { type ModelInUse, requireCalibration } from '../rewards/calibration-use.ts'
import { parseOptions, refuseHubGuesses } from './parse-options.ts'
import type { Watching } from './run-job.ts'

const loadOptionsSchema = z.object({
  model: z.string().describe('reward-model folder, run folder, or hub:owner/name'),
  ...readingOverridesSchema.shape,
  ...computeOptionsSchema.shape,
})

/** How a model is to compute, by default as the command does, and to read texts, by default as saved with it. */
export interface LoadSettings
  extends Readonly<z.input<typeof computeOptionsSchema>>, Readonly<z.input<typeof readingOverridesSchema>>, Watching {}

/** A prompt with the response to judge: text or messages. `prompt` is absent where the response is the whole of it. */
export interface PromptAndResponse extends TemplateInputs {
  readonly prompt?: TextOrMessages | undefined
  readonly response: TextOrMessages
}

/** A candidate with its reward and its place in the list that was given. */
export interface RankedCandidate<Candidate> {
  readonly candidate: Candidate
  readonly index: number
  readonly reward: number
  /** Whether the model reads the prompt or this candidate cut. */
  readonly truncated: boolean
}

/** A reward, and whether it is that of the whole text. */
export interface DetailedReward {
  readonly reward: number
  /** Whether the model reads the prompt or the response cut. */
  readonly truncated: boolean
}

/** Candidates from the best to the worst; equal rewards keep the order that was given. */
export interface Ranking<Candidate> {
  readonly best: RankedCandidate<Candidate>
  readonly ranking: readonly RankedCandidate<Candidate>[]
}

/** What a single call can be given. */
export interface CallOptions {
  /** Once it aborts, the call rejects with code `interrupted`; any part that has not begun is not computed. */
  readonly signal?: AbortSignal | undefined
}

/**
 * A reward model in a compute thread of its own. Concurrent calls are computed together; which ones are may change the
 * last digits of a reward (about 1e-6 of their standard deviation in float32, hundredths in bfloat16). While no call
 * waits, it does not keep the process alive.
 * @example
 * await using model = await RewardModel.load('runs/support')
 * const [reward] = await model.score([{ prompt: 'Name a prime.', response: '7' }])
 */
export class RewardModel implements AsyncDisposable {
  readonly #job: Job<'score'>
  readonly #reportCut: (cut: ScoreCut) => void
  readonly #model: ModelInUse
  /** Read when it is first needed; its hash takes as long as reading the weights. */
  #calibration: Promise<ModelCalibration> | undefined
  /** Calls without an answer so far. */
  readonly #calls = new Set<Promise<unknown>>()

  private constructor(job: Job<'score'>, model: ModelInUse, reportCut: (cut: ScoreCut) => void) {
    this.#job = job
    this.#model = model
    this.#reportCut = reportCut
  }

  /**
   * Loads a model folder, the model of a run folder, or one of the Hugging Face hub as `hub:owner/name`.
   * @throws RewardKitError for what is wrong with the folder; with code `interrupted` once the signal aborts
   */
  static async load(model: string, settings: LoadSettings = {}): Promise<RewardModel> {
    const { signal, onEvent = () => {}, ...rest } = settings
    if (signal?.aborted) throw abortError(signal)
    const options = parseOptions(loadOptionsSchema, { ...rest, model })
    refuseHubGuesses({ model })
    const job = openJob('score', options, { onEvent })
    const stop = () => void job.close(abortError(signal))
    signal?.addEventListener('abort', stop)
    try {
      return new RewardModel(job, await job.ready, warnOnce(onEvent))
    } catch (error) {
      await job.close()
      throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /**
   * The reward of each response (float32 numbers), in the order that was given. Texts are read as `rewardkit score` reads
   * them, which is as the model was trained to read them.
   * @throws RewardKitError: `invalid-input` where one of them cannot be read (it is named, and none is scored), `closed`
   * where the model has been closed meanwhile
   */
  async score(items: readonly PromptAndResponse[], { signal }: CallOptions = {}): Promise<number[]> {
    const scored = await this.#rewards(groupsOf(items), signal)
    return scored.map(({ rewards }) => at(rewards, 0))
  }

  /** As `score`, and says of each whether the model reads it cut. */
  async scoreDetailed(items: readonly PromptAndResponse[], options: CallOptions = {}): Promise<DetailedReward[]> {
    const scored = await this.#rewards(groupsOf(items), options.signal)
    return scored.map(({ rewards, cut }) => ({ reward: at(rewards, 0), truncated: cut !== undefined }))
  }

  /**
   * Ranks candidate responses to one prompt, which goes through the model once for each micro-batch that the candidates
   * fill.
   * @throws RewardKitError as `score` does, and for no candidates
   */
  async rank<const Candidate extends TextOrMessages>(
    prompt: TextOrMessages,
    candidates: readonly Candidate[],
    { signal, ...inputs }: CallOptions & TemplateInputs = {},
  ): Promise<Ranking<Candidate>> {
    const given: unknown = prompt
    if (given === null || given === undefined)
      throw new InputError(`rank: found ${given} as prompt, expected text or messages`, {
        remedy: 'use score for responses without a prompt',
      })
    const groups =
      candidates.length === 0 ? [] : [named('rank', { ...inputsOf(inputs), prompt, responses: candidates })]
    const [{ rewards, cut } = { rewards: [] }] = await this.#rewards(groups, signal)
    const ranking = candidates
      .map((candidate, index) => ({
        candidate,
        index,
        reward: at(rewards, index),
        truncated: cut?.ofResponse[index] ?? false,
      }))
      .toSorted((a, b) => b.reward - a.reward)
    const [best] = ranking
    if (!best) throw new InputError('candidates: found none, expected at least one')
    return { best, ranking }
  }

  /**
   * The probability that the first response to a prompt is better than the second: sigmoid of their reward margin over
   * the temperature of the model's `calibration.json`, which `calibrate` writes.
   * @throws RewardKitError as `score` does, and `invalid-input` where there is no such file or it does not fit the model
   */
  async preference(
    prompt: TextOrMessages,
    first: TextOrMessages,
    second: TextOrMessages,
    { signal, ...inputs }: CallOptions & TemplateInputs = {},
  ): Promise<number> {
    const { temperature } = await this.#calibrated()
    const group = named('preference', { ...inputsOf(inputs), prompt, responses: [first, second] })
    const [{ rewards } = { rewards: [] }] = await this.#rewards([group], signal)
    return sigmoid((at(rewards, 0) - at(rewards, 1)) / temperature.value)
  }

  /** A calibration that is missing may be there at the next call. */
  #calibrated(): Promise<ModelCalibration> {
    this.#calibration ??= requireCalibration('preference', this.#model).catch((error: unknown) => {
      this.#calibration = undefined
      throw error
    })
    return this.#calibration
  }

  /** Says once that something was cut. */
  async #rewards(groups: readonly Group[], signal: AbortSignal | undefined): Promise<GroupRewards[]> {
    const scored = await this.#request(groups, signal)
    const cut = scored.find((group) => group.cut !== undefined)?.cut
    if (cut) this.#reportCut(cut)
    return scored
  }

  async #request(groups: readonly Group[], signal: AbortSignal | undefined): Promise<GroupRewards[]> {
    const call = this.#job.request(groups, { allOrNothing: true, signal })
    this.#calls.add(call)
    try {
      const scored = await call
      return scored.map((one, index) => {
        if ('error' in one)
          throw new InputError(phrase`${at(groups, index).id}: ${one.error.problem}`, { remedy: one.error.remedy })
        return one
      })
    } finally {
      this.#calls.delete(call)
    }
  }

  /**
   * Resolves once every call that was made before has its answer, or has failed. The model stays open: calls made
   * meanwhile are computed, too, and are not waited for.
   */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#calls)
    // The answers reach their callers.
    await setImmediate()
  }

  /** Ends the thread and gives its memory back. Calls that still wait reject with code `closed`. May be called again. */
  async close(): Promise<void> {
    await this.#job.close(new RewardKitError('closed', 'the model was closed', { remedy: 'load it again' }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** In a file, a column of such a name may hold something else. */
const inputKinds: Readonly<Record<keyof TemplateInputs, string>> = {
  tools: 'a list of objects, JSON schemas',
  documents: 'a list of objects',
  chat_template_kwargs: 'an object',
}

const inputsOf = ({ tools, documents, chat_template_kwargs }: TemplateInputs) => ({
  tools,
  documents,
  chat_template_kwargs,
})

const isList = (value: unknown): boolean => Array.isArray(value)

function groupsOf(items: readonly PromptAndResponse[]): Group[] {
  if (!isList(items)) throw new InputError(`score: found ${typeof items}, expected a list of { prompt, response }`)
  return items.map((item, index) =>
    named(`item ${index}`, { ...inputsOf(item), prompt: item.prompt, response: item.response }, item),
  )
}

/** A function that warns once, at the first cut. */
function warnOnce(onEvent: (event: Event) => void): (cut: ScoreCut) => void {
  let isTold = false
  return ({ maxLength, truncation = 'prompt-left' }) => {
    if (isTold) return
    isTold = true
    onEvent(
      warning(
        `a text is longer than the ${maxLength} tokens that the model reads, and is cut (${truncation}), as others will be: rank and scoreDetailed say for each whether it was truncated`,
      ),
    )
  }
}

/** A misspelt role would be read verbatim, or not at all. */
function refuseUnknownRoles({ prompt, responses }: Group): void {
  const role = [...prompt, ...responses.flat()].find((message) => !isKnownRole(message.role))?.role
  if (role !== undefined)
    throw new InputError(`found the role "${role}", expected one of ${knownRoles.join(', ')}`, {
      remedy: 'rename it before the call',
    })
}

/** The group of a row. What was given may have fields beside those of the row, whose names may be misspelt. */
function named(label: string, row: Readonly<Record<string, unknown>>, given?: object) {
  try {
    if (given) refuseNearMisses({ ...given }, ['prompt', 'response'], false)
    const group = groupFromRow(row, label)
    refuseUnknownRoles(group)
    for (const [name, expected] of Object.entries(inputKinds))
      if ((row[name] ?? null) !== null && !(name in (group.inputs ?? {})))
        throw new InputError(`${name}: found ${typeof row[name]}, expected ${expected}`)
    return group
  } catch (error) {
    if (error instanceof InputError) throw located(label, error)
    throw error
  }
}
