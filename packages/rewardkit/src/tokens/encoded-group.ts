import type { Group, Preference } from '../data/group.ts'
import type { TokenGroup } from './sequence.ts'

/** A group as training and evaluation use it: token ids and preferences. */
export interface EncodedGroup {
  readonly id: string
  readonly promptId: string
  readonly subset: string | null
  readonly tokens: TokenGroup
  readonly preferences: readonly Preference[]
  /** The name of the layout that its row had. */
  readonly layout?: string
  /** For people to read, where they were asked for. */
  readonly texts?: Pick<Group, 'prompt' | 'responses'>
}
