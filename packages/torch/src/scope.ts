import { native } from './native.ts'
import type { Tensor } from './tensor.ts'

// The tensors made since the innermost scope of this thread began; scopes nest strictly, as calls do.
let innermost: Tensor[] | null = null

/** Called for each new tensor. Outside all scopes the garbage collector is told how much memory hangs on it. */
export function track(tensor: Tensor): void {
  if (innermost) innermost.push(tensor)
  else native.account(tensor.native)
}

/**
 * Runs `body` and disposes of every tensor made inside, but for those in what it returns (a tensor, or arrays and plain
 * objects of tensors), which pass to the enclosing scope. After an exception everything is disposed of.
 * @throws TypeError where `body` returns a promise: what is made after its first `await` would escape.
 */
export function scope<T>(body: () => T): T {
  const enclosing = innermost
  const made: Tensor[] = []
  innermost = made
  let kept: Set<unknown> | undefined
  try {
    const result = body()
    if (result instanceof Promise) {
      result.catch(() => {})
      throw new TypeError('scope() cannot wait for a promise: await outside, compute inside')
    }
    kept = new Set()
    collect(result, kept)
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

function collect(value: unknown, into: Set<unknown>): void {
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value) || into.has(value)) return
  into.add(value)
  if ('native' in value) return
  const parts: Iterable<unknown> =
    value instanceof Map ? value.values() : Array.isArray(value) ? value : Object.values(value)
  for (const part of parts) collect(part, into)
}

/** Runs `body` without recording for gradients. */
export function noGradient<T>(body: () => T): T {
  const before = native.setGradientMode(false)
  try {
    return body()
  } finally {
    native.setGradientMode(before)
  }
}
