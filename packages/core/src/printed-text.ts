// A line that a task printed somewhere in the mesh, as a program or a terminal shows it.

/** With who printed it before each line, and without what would move a terminal's cursor or change its title. */
export function printedText({ name, fn, text, again }: Printed): string {
  const prefix = `[${name} ${fn}] `
  const more = again > 0 ? ` (${again} more ${again === 1 ? 'time' : 'times'})` : ''
  return prefix + withoutControls(text).replaceAll('\n', `\n${prefix}`) + more
}

interface Printed {
  /** Of the peer. */
  readonly name: string
  readonly fn: string
  readonly text: string
  readonly again: number
}

// oxlint-disable-next-line no-control-regex -- those are what is looked for
const controls = /\u001B\[[\d;]*m|[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/g

/** Colours stay. */
function withoutControls(text: string): string {
  return text.replace(controls, (found) => (found.length > 1 ? found : ''))
}
