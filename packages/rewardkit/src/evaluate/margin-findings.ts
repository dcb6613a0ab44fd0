import type { Analysis } from '../analysis/analyse.ts'
import type { Claim } from '../analysis/claims.ts'

/** Where the temperature comes from, and the paper's claims about margins: a line each. */
export function marginFindings({ calibration, claims = [] }: Pick<Analysis, 'calibration' | 'claims'>): string[] {
  return [...(calibration ? [`temperature: ${calibration.after_temperature.words}`] : []), ...claims.map(claimFinding)]
}

/** A claim of the paper with its verdict and its number. */
export const claimFinding = ({ verdict, words }: Claim): string => `the paper's claim ${isAbout[verdict]}: ${words}`

const isAbout = {
  holds: 'holds',
  'does not hold': 'does not hold',
  'cannot tell': 'stays open',
} as const
