/** `row` for 1, else `rows`: for nouns whose plural ends in s. */
export const plural = (count: number, noun: string): string => (count === 1 ? noun : `${noun}s`)

/** `1 row`, `2,000 rows`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${plural(count, noun)}`
