import type { Analysis } from '../analysis/analyse.ts'

/** Where the temperature comes from, and the paper's claims about margins: a line each. */
export function marginFindings({ calibration, claims = [] }: Pick<Analysis, 'calibration' | 'claims'>): string[] {
  return [
    ...(calibration ? [`temperature: ${calibration.after_temperature.words}`] : []),
    ...claims.map(({ verdict, words }) => `the paper's claim ${isAbout[verdict]}: ${words}`),
  ]
}

const isAbout = {
  holds: 'holds',
  'does not hold': 'does not hold',
  'cannot tell': 'stays open',
} as const
