// Numbers with their things, for people.

/** `1 peer`, `2 peers` */
export function counted(count: number, thing: string, things = `${thing}s`): string {
  return `${count} ${count === 1 ? thing : things}`
}
