// What a failed dial says, for people and for whoever has to tell a refusal from a broken network.
// libp2p wraps what the sockets said, several addresses deep, and browsers' WebSockets say nothing at all.

export interface Leaf {
  readonly code: string | undefined
  readonly message: string
}

/** Said of a WebSocket that failed without a word. */
export const silence = 'the WebSocket did not open'

/** One line for people: the innermost messages of what went wrong, each once. */
export function whyFailed(error: unknown): string {
  return [...new Set(leavesOf(error).map(({ message }) => message))].join('; ') || 'unknown error'
}

/** The innermost errors, one per address that was tried. */
export function leavesOf(error: unknown, depth = 0): Leaf[] {
  if (typeof error !== 'object' || error === null || depth > 8) return []
  const { code, message, type, errors, error: wrapped, cause } = error as Record<string, unknown>
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((one) => leavesOf(one, depth + 1))
  if (typeof code === 'string') return [{ code, message: String(message) }]
  const within = [...leavesOf(wrapped, depth + 1), ...leavesOf(cause, depth + 1)]
  const told = within.filter(({ code: inner, message: text }) => inner !== undefined || text !== '')
  if (told.length > 0) return told
  // An event instead of an error: `ws` puts the error into it, the global WebSocket an empty one.
  if (type === 'error') return [{ code: undefined, message: silence }]
  return [{ code: undefined, message: typeof message === 'string' ? message : '' }]
}
