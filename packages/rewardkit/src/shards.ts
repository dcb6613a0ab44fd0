const shardName = /^(.*)-(\d+)-of-(\d+)(\..*)$/

/**
 * The names that are missing among files numbered as `NAME-00001-of-00003.safetensors`, in their order. Numbers begin at
 * 0 where the number 0 is there, else at 1 where the last number is; where neither tells, as `first` says.
 */
export function missingShards(names: readonly string[], first: 0 | 1): string[] {
  const present = new Set(names)
  const series = new Set<string>()
  const missing: string[] = []
  for (const name of names) {
    const [, stem = '', digits = '', total = '', ending = ''] = shardName.exec(name) ?? []
    const nameOf = (number: number) => `${stem}-${String(number).padStart(digits.length, '0')}-of-${total}${ending}`
    const count = Number(total)
    if (total === '' || series.has(nameOf(0))) continue
    series.add(nameOf(0))
    const begin = present.has(nameOf(0)) ? 0 : present.has(nameOf(count)) ? 1 : first
    for (let number = begin; number < begin + count; number++)
      if (!present.has(nameOf(number))) missing.push(nameOf(number))
  }
  return missing
}

/** `a, b, c and 4 more`. */
export function listed(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
}
