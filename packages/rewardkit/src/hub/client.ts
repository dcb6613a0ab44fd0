import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { FailureError, Interrupted } from '../errors.ts'
import { type Hooks, logLine } from '../events.ts'
import { version } from '../version.ts'
import { HubUnavailable, networkError, type Place, placeText, statusError, storageError } from './faults.ts'
import type { HubSettings } from './hub-settings.ts'

/** What requests share. */
export interface HubClient {
  readonly settings: HubSettings
  readonly hooks: Hooks
  /** Whether any request has been answered: a host that never was is not asked again and again. */
  answered: boolean
}

/** An answer with its redirects followed. */
interface Answer {
  readonly response: Response
  /** Whether it comes from the endpoint, not from the storage that it redirects to. */
  readonly isFromHub: boolean
}

/** Between attempts nobody waits longer than this, in milliseconds, whatever the hub asks for. */
const longestWait = 300_000
const redirectsFollowed = 5

/**
 * Does `attempt` again where it fails for a reason that may pass, waiting longer each time, or as long as the hub asks.
 * @param progressed whether the attempt that failed has brought something: then counting begins anew
 * @throws Interrupted on request; what the last attempt threw
 */
export async function persevere<Result>(
  client: HubClient,
  attempt: () => Promise<Result>,
  progressed: () => boolean = () => false,
): Promise<Result> {
  const { settings, hooks } = client
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof HubUnavailable) || !client.answered) throw error
      if (progressed()) failures = 1
      const wait = error.wait ?? settings.backoff * 2 ** (failures - 1)
      if (failures >= settings.attempts || wait > longestWait) throw error
      hooks.onEvent(logLine(`${error.problem}: trying again in ${Math.ceil(wait / 1000)} s`))
      await pause(wait, hooks)
    }
  }
}

/** Waits, but not for what is to stop. */
async function pause(milliseconds: number, hooks: Hooks): Promise<void> {
  for (const end = Date.now() + milliseconds; Date.now() < end;) {
    if (hooks.shouldStop()) throw new Interrupted('stopped on request')
    await sleep(Math.min(100, Math.max(0, end - Date.now())))
  }
}

/**
 * Asks once and passes the answer on while it arrives. Stops on request, and if nothing arrives for too long.
 * @param headers for the first host, and for the one it may redirect to once its headers are known
 * @param read consumes the answer; calls `alive` whenever something arrived
 * @throws HubUnavailable if another attempt may help, InputError or FailureError for the meaning of the status,
 * Interrupted on request
 */
export async function ask<Result>(
  client: HubClient,
  place: Place,
  request: {
    readonly url: string
    readonly file: string | null
    readonly headers: (host: 'hub' | 'elsewhere', etag: string | null) => Readonly<Record<string, string>>
  },
  read: (response: Response, alive: () => void) => Promise<Result>,
): Promise<Result> {
  const { settings, hooks } = client
  const controller = new AbortController()
  let host = new URL(request.url).host
  let last = Date.now()
  const watch = setInterval(() => {
    if (hooks.shouldStop()) controller.abort(new Interrupted('stopped on request'))
    else if (Date.now() - last > settings.patience)
      controller.abort(
        new HubUnavailable(`${host} sent nothing for ${Math.round(settings.patience / 1000)} s`, {
          remedy: 'check the network and try again; what was fetched is kept',
        }),
      )
  }, 100)
  try {
    const { response, isFromHub } = await follow(client, request, controller.signal, (next) => (host = next))
    client.answered = true
    last = Date.now()
    if (!response.ok && response.status !== 416) {
      await response.body?.cancel()
      throw isFromHub
        ? statusError(response, place, request.file, settings)
        : storageError(response, host, request.file, place)
    }
    return await read(response, () => (last = Date.now()))
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason
    if (isFetchError(error)) throw networkError(`fetching ${placeText(place)}`, host, error)
    throw error
  } finally {
    clearInterval(watch)
  }
}

/** Follows redirects by hand: the token goes to the endpoint alone, and the hub's word on the file is kept. */
async function follow(
  { settings }: HubClient,
  request: Parameters<typeof ask>[2],
  signal: AbortSignal,
  onHost: (host: string) => void,
): Promise<Answer> {
  const home = new URL(settings.endpoint).origin
  let url = new URL(request.url)
  let etag: string | null = null
  for (let hops = 0; hops <= redirectsFollowed; hops += 1) {
    const isHub = url.origin === home
    onHost(url.host)
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: {
        'user-agent': `rewardkit/${version}`,
        'accept-encoding': 'identity',
        ...(isHub && settings.token !== null && { authorization: `Bearer ${settings.token}` }),
        ...request.headers(isHub ? 'hub' : 'elsewhere', etag),
      },
    })
    if (isHub) etag = normalEtag(response.headers.get('x-linked-etag') ?? response.headers.get('etag')) ?? etag
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) return { response, isFromHub: isHub }
    await response.body?.cancel()
    url = new URL(location, url)
    if (!/^https?:$/.test(url.protocol)) break
  }
  throw new FailureError(`${request.url} redirects to nowhere`, { remedy: 'check HF_ENDPOINT' })
}

const normalEtag = (etag: string | null): string | null => etag?.replace(/^W\//, '').replaceAll('"', '') ?? null

/** How `fetch` and the streams that it returns say that there was no answer, or that it ended early. */
const isFetchError = (error: unknown): boolean =>
  error instanceof TypeError && /^(?:fetch failed|terminated)$/.test(error.message)

/** Asks for JSON, as often as it takes, and checks its form. */
export function askJson<Schema extends z.ZodType>(
  client: HubClient,
  place: Place,
  url: string,
  schema: Schema,
): Promise<{ readonly value: z.output<Schema>; readonly next: string | null }> {
  const request = { url, file: null, headers: () => ({ accept: 'application/json' }) }
  return persevere(client, () =>
    ask(client, place, request, async (response) => {
      const text = await response.text()
      return { value: parseAnswer(text, schema, url), next: nextPage(response.headers.get('link'), url) }
    }),
  )
}

function parseAnswer<Schema extends z.ZodType>(text: string, schema: Schema, url: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new FailureError(`${url} does not answer as the Hugging Face hub does`, {
      remedy: 'check HF_ENDPOINT, and whether a proxy or a log-in page answers in its place',
      cause: error,
    })
  }
}

/** The address of the next page in a Link header. */
function nextPage(link: string | null, base: string): string | null {
  const address = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1]
  return address === undefined ? null : new URL(address, base).href
}
