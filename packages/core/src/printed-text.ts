// A line that a task printed somewhere in the mesh, and the report that nothing moves, as a program or a terminal
// shows them.

import type { Notice } from './model/events.ts'

/** With who printed it before each line, and without what would move a terminal's cursor or change its title. */
export function printedText({ name, fn, text, again }: Printed): string {
  const prefix = `[${name} ${fn}] `
  const more = again > 0 ? ` (${again} more ${again === 1 ? 'time' : 'times'})` : ''
  return prefix + withoutControls(text).replaceAll('\n', `\n${prefix}`) + more
}

/** That nothing moves, as a program says it. */
export function stuckText({ waiting, forMs, why }: Extract<Notice, { type: 'task:stuck' }>): string {
  const many = waiting === 1 ? '1 task waits' : `${waiting} tasks wait`
  return `murmuration: nothing has moved for ${(forMs / 1_000).toFixed(0)} s, and ${many}: ${why.join('; ')}`
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
