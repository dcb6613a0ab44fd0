/** What the command's exit says. */
export const exitCodes = { success: 0, failure: 1, input: 2, belowThreshold: 3, interrupted: 130 } as const
