// Sends what a task prints to the main thread of the peer that runs it: that is where it is printed, or not.
// Who asked for the task may be on another machine, and hears of values and failures only.

import type { LogLevel } from './worker-messages.ts'

const levels = { log: 'log', info: 'log', debug: 'log', warn: 'warn', error: 'error' } as const

/** Replaces the methods of `console` that print lines; the others stay. */
export function captureConsole(write: (level: LogLevel, text: string) => void, format = formatParts): void {
  for (const [method, level] of Object.entries(levels)) {
    const print = (...parts: unknown[]): void => write(level, format(parts))
    Object.defineProperty(console, method, { value: print, writable: true, configurable: true, enumerable: true })
  }
}

/** One line for people, where the platform has no better way. */
export function formatParts(parts: readonly unknown[]): string {
  return parts.map(formatPart).join(' ')
}

function formatPart(part: unknown): string {
  if (typeof part === 'string') return part
  if (part instanceof Error) return part.stack ?? `${part.name}: ${part.message}`
  try {
    const text = JSON.stringify(part, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
    return text ?? String(part)
  } catch {
    return Object.prototype.toString.call(part)
  }
}
