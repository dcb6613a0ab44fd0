import { expect, it } from 'vitest'
import { checkFingerprint } from './fingerprint.ts'

const checkpointOf = (fingerprint: Record<string, string>) =>
  ({ folder: 'run', state: { fingerprint } }) as unknown as Parameters<typeof checkFingerprint>[0]
const identity = { encoding: '"utf-8"', last_turn_user: '"keep"', truncation_rule: '1', seed: '0' }
const strict = { allowDifferentBits: false }

it('an option that an earlier version did not have was at its default', () => {
  const earlier = checkpointOf({ seed: '0', ties: '"drop"' })
  expect(checkFingerprint(earlier, identity, strict)).toBe('')
  expect(() => checkFingerprint(earlier, { ...identity, encoding: '"latin1"' }, strict)).toThrow('encoding was "utf-8"')
  expect(() => checkFingerprint(checkpointOf({ ...identity, ties: '"drop"' }), identity, strict)).toThrow('ties was')
})
