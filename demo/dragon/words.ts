// Numbers with their things, for people.

/** `1 peer`, `2 peers` */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}
