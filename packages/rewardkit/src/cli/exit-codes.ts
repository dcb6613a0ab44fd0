/** What the command's exit says. */
export const exitCodes = { success: 0, failure: 1, input: 2, interrupted: 130 } as const
