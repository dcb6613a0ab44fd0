import { FailureError, InputError, type RewardKitError } from '../errors.ts'
import type { HubKind } from './hub-names.ts'
import type { HubSettings } from './hub-settings.ts'

/** Which repository a request is about. */
export interface Place {
  readonly kind: HubKind
  readonly repository: string
  readonly revision: string
}

/** The hub did not answer, or not as it should, for a reason that may pass: no network, too busy, cut off. */
export class HubUnavailable extends FailureError {
  override name = 'HubUnavailable'
  /** Milliseconds that the hub asks to wait; null where it does not say. */
  readonly wait: number | null

  constructor(problem: string, details: { remedy: string; cause?: unknown; wait?: number | null }) {
    super(problem, details)
    this.wait = details.wait ?? null
  }
}

/** `data set owner/name`, for messages. */
export const placeText = ({ kind, repository }: Place): string =>
  `${kind === 'dataset' ? 'data set' : 'model'} ${repository}`

/** The page of a repository in a browser. */
export const pageOf = ({ kind, repository }: Place, { endpoint }: HubSettings): string =>
  `${endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${repository}`

/**
 * The error for an answer that is none: what the status and the hub's own code (X-Error-Code) mean, and the remedy.
 * @param file the file that was asked for, if one was
 */
export function statusError(
  response: Response,
  place: Place,
  file: string | null,
  settings: HubSettings,
): RewardKitError {
  const { status, headers } = response
  const code = headers.get('x-error-code')
  const what = placeText(place)
  const page = pageOf(place, settings)
  const { token } = settings
  if (headers.get('x-error-message') === 'Access to this resource is disabled.')
    return new InputError(`${what} has been disabled by the hub`, { remedy: `see ${page}` })
  if (code === 'GatedRepo')
    return new InputError(`${what} is gated${token === null ? '' : ', and this token has no access to it'}`, {
      remedy: `accept its conditions at ${page} and set HF_TOKEN to a token of that account`,
    })
  if (status === 403)
    return new InputError(`the hub allows no access to ${what} (403)`, {
      remedy: `see ${page}, and set HF_TOKEN to a token that may read it`,
    })
  if (code === 'RevisionNotFound')
    return new InputError(`${what} has no revision ${place.revision}`, {
      remedy: `name a branch, tag or commit that ${page} lists`,
    })
  if (code === 'EntryNotFound')
    return new InputError(`${what} has no file ${file ?? ''} at revision ${place.revision}`, {
      remedy: `see ${page} for what it has`,
    })
  if (status === 401 && token !== null && code !== 'RepoNotFound')
    return new InputError(`the hub refuses the token, asked for ${what}`, {
      remedy: `set HF_TOKEN to a valid one (${settings.endpoint}/settings/tokens), or unset it for what is public`,
    })
  if (status === 401 || status === 404)
    return new InputError(`there is no ${what} at ${settings.endpoint}, or it is private`, {
      remedy:
        token === null
          ? 'check the name, or set HF_TOKEN'
          : 'check the name, or use a token that may read it (HF_TOKEN)',
    })
  if (status === 429)
    return new HubUnavailable(`the hub answers ${what} with 429: too many requests`, {
      remedy: `wait a few minutes${token === null ? ', or set HF_TOKEN: accounts may ask more often' : ''}`,
      wait: waitAsked(headers),
    })
  if (status >= 500 || status === 408)
    return new HubUnavailable(`the hub answers ${what} with ${status}`, {
      remedy: 'try again later; what was fetched is kept',
      wait: waitAsked(headers),
    })
  return new FailureError(`the hub answers ${what}${file === null ? '' : `, file ${file},`} with ${status}`, {
    remedy: `see whether ${page} opens in a browser`,
  })
}

/** The error for the storage that the hub redirects to: its addresses are signed and expire, so asking again may help. */
export const storageError = (
  { status, headers }: Response,
  host: string,
  file: string | null,
  place: Place,
): HubUnavailable =>
  new HubUnavailable(`${placeText(place)}: ${host} answers ${status} for ${file ?? 'a file'}`, {
    remedy: 'try again later; what was fetched is kept',
    wait: waitAsked(headers),
  })

/**
 * The error for a request that got no answer, or not all of it.
 * @param doing what was interrupted, such as "fetching model a/b"
 */
export function networkError(doing: string, host: string, error: unknown): HubUnavailable {
  return new HubUnavailable(`${doing}: ${host} ${networkReason(error)}`, {
    remedy: 'check the network and try again; what was fetched is kept',
    cause: error,
  })
}

/** What `fetch` hides in the cause of "fetch failed". */
function networkReason(error: unknown): string {
  const causes = [error, error instanceof Error ? error.cause : undefined]
  const codes = causes.map((cause) => (cause instanceof Error && 'code' in cause ? String(cause.code) : ''))
  const code = codes.find((text) => text !== '') ?? ''
  if (/ENOTFOUND|EAI_AGAIN/.test(code)) return 'is not found: there seems to be no network'
  if (/ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|CONNECT_TIMEOUT/.test(code)) return 'cannot be reached'
  if (/CERT|SSL|TLS|ERR_OSSL/.test(code)) return `has no certificate that this machine trusts (${code})`
  return `cut the connection${code === '' ? '' : ` (${code})`}`
}

/** Milliseconds that an answer asks to wait: `Retry-After` (seconds or a date), else the window in `RateLimit`. */
export function waitAsked(headers: Headers, now: number = Date.now()): number | null {
  const after = headers.get('retry-after')
  const limit = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]
  if (after !== null && /^\d+$/.test(after)) return Number(after) * 1000
  if (after !== null && !Number.isNaN(Date.parse(after))) return Math.max(0, Date.parse(after) - now)
  return limit === undefined ? null : Number(limit) * 1000
}
