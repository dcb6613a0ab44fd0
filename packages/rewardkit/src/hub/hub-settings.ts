import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { InputError } from '../errors.ts'

/** How the hub is reached and where its files are kept; by default what the environment says to the Python library. */
export interface HubSettings {
  /** Address without a slash at its end. */
  readonly endpoint: string
  /** Folder of the cache. */
  readonly cache: string
  /** Sent to the endpoint, and to nobody else; never shown. */
  readonly token: string | null
  /** Nothing is asked of the network. */
  readonly offline: boolean
  /** Whether snapshots link to their files; otherwise, and where the file system cannot, they hold copies. */
  readonly symlinks: boolean
  /** How often a request is tried, where trying again may help. */
  readonly attempts: number
  /** Wait before the second attempt, in milliseconds; doubles with each further one. */
  readonly backoff: number
  /** An answer or a transfer that stays silent for this many milliseconds has failed. */
  readonly patience: number
}

const defaultEndpoint = 'https://huggingface.co'

/**
 * Reads HF_ENDPOINT, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HF_TOKEN, HF_TOKEN_PATH, HF_HUB_OFFLINE,
 * HF_HUB_DISABLE_SYMLINKS, HF_HUB_DISABLE_IMPLICIT_TOKEN and the older names of three of them with the meaning that they
 * have for the Python library.
 * @throws InputError for an HF_ENDPOINT that is not an address, or a token file that cannot be read
 */
export function hubSettings(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  home: string = homedir(),
): HubSettings {
  const path = (text: string) => expandPath(text, environment, home)
  const cacheHome = environment['XDG_CACHE_HOME'] || join(home, '.cache')
  const ownHome = path(environment['HF_HOME'] || join(cacheHome, 'huggingface'))
  return {
    endpoint: endpointOf(environment['HF_ENDPOINT'] || defaultEndpoint),
    cache: path(environment['HF_HUB_CACHE'] || environment['HUGGINGFACE_HUB_CACHE'] || join(ownHome, 'hub')),
    token: isTrue(environment['HF_HUB_DISABLE_IMPLICIT_TOKEN'])
      ? null
      : (cleanToken(environment['HF_TOKEN'] || environment['HUGGING_FACE_HUB_TOKEN']) ??
        tokenFile(path(environment['HF_TOKEN_PATH'] || join(ownHome, 'token')))),
    offline: isTrue(environment['HF_HUB_OFFLINE'] || environment['TRANSFORMERS_OFFLINE']),
    symlinks: !isTrue(environment['HF_HUB_DISABLE_SYMLINKS']),
    attempts: 5,
    backoff: 1000,
    patience: 30_000,
  }
}

const isTrue = (value: string | undefined): boolean => /^(?:1|on|yes|true)$/i.test(value ?? '')

function endpointOf(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InputError(`HF_ENDPOINT ${text} is not an address`, { remedy: `give one such as ${defaultEndpoint}` })
  return text.replace(/\/+$/, '')
}

/** `~` at the beginning and variables such as `$HOME` or `${HOME}`, as Python expands them; unknown ones stay. */
function expandPath(text: string, environment: Readonly<Record<string, string | undefined>>, home: string): string {
  const atHome = /^~(?=\/|$)/.test(text) ? home + text.slice(1) : text
  return atHome.replace(
    /\$(?:(\w+)|\{([^}]*)\})/g,
    (whole, plain?: string, braced?: string) => environment[plain ?? braced ?? ''] ?? whole,
  )
}

function tokenFile(path: string): string | null {
  try {
    return cleanToken(readFileSync(path, 'utf8'))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new InputError(`the token file ${path} cannot be read (${String(code)})`, {
      remedy: 'make it readable, or set HF_TOKEN',
      cause: error,
    })
  }
}

/**
 * A token without line breaks and spaces around it; null for an empty one.
 * @throws InputError for characters that cannot be sent; the token itself is not shown
 */
function cleanToken(text: string | undefined): string | null {
  const token = text?.replace(/[\r\n]/g, '').trim() ?? ''
  if (!/^[\u0021-\u007E]*$/.test(token))
    throw new InputError('HF_TOKEN, or the token file, holds characters that no token has', {
      remedy: 'copy the token again',
    })
  return token === '' ? null : token
}
