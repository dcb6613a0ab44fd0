import { native, type NativeTensor } from './native.ts'

/** What a scope needs of a tensor. */
interface Tracked {
  readonly native: NativeTensor
  dispose(): void
}

// The tensors made since the innermost scope of this thread began; scopes nest strictly, as calls do.
let innermost: Tracked[] | null = null

/** Called for each new tensor. Outside all scopes, the garbage collector learns how much memory depends on it. */
export function track(tensor: Tracked): void {
  if (innermost) innermost.push(tensor)
  else native.account(tensor.native)
}

/**
 * Runs `body` and disposes of every tensor made inside, except those that it returns. These may be a tensor, or arrays,
 * maps, sets and plain objects of tensors, and pass to the enclosing scope. After an exception everything is disposed
 * of.
 * @throws TypeError where a promise is returned: what is made after its first `await` would escape.
 */
export function scope<T>(body: () => T): T {
  const enclosing = innermost
  const made: Tracked[] = []
  innermost = made
  let kept: ReadonlySet<unknown> | undefined
  try {
    const result = body()
    kept = reachable(result)
    return result
  } finally {
    innermost = enclosing
    for (const tensor of made) {
      if (!kept?.has(tensor)) tensor.dispose()
      else if (enclosing) enclosing.push(tensor)
      else native.account(tensor.native)
    }
  }
}

/** Everything that a result leads to. */
function reachable(result: unknown): ReadonlySet<unknown> {
  const found = new Set<unknown>([result])
  // A set is visited in the order of insertion, with what is added on the way.
  for (const value of found) {
    if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) continue
    refusePromise(value, 'scope')
    for (const part of partsOf(value)) found.add(part)
  }
  return found
}

function partsOf(value: object): Iterable<unknown> {
  if (value instanceof Map) return value.values()
  if (value instanceof Set || Array.isArray(value)) return value
  return Object.values(value) as unknown[]
}

function refusePromise(value: unknown, caller: string): void {
  if (!(value instanceof Promise)) return
  value.catch(() => {})
  throw new TypeError(`${caller}() cannot wait for a promise: await outside, compute inside`)
}

/**
 * Runs `body` without recording for gradients.
 * @throws TypeError where it returns a promise: after its first `await` gradients would be recorded.
 */
export function noGradient<T>(body: () => T): T {
  const before = native.setGradientMode(false)
  try {
    const result = body()
    refusePromise(result, 'noGradient')
    return result
  } finally {
    native.setGradientMode(before)
  }
}
