// Why a peer cannot listen where it was told to, in one sentence each. libp2p says it with the stacks of
// every address it tried.

/** Another process listens there. Carries the code that users see. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError'
  readonly code = 'PORT_IN_USE'
  readonly port: number

  constructor(port: number, cause: unknown) {
    super(`port ${port} is in use by another process: choose another one, or 0 for any free one`, { cause })
    this.port = port
  }
}

/** Nobody could listen there. Carries the code that users see. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'INVALID_OPTION'
}

const ways: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'host must be an address of this machine, or 0.0.0.0 for all it has',
  ENOTFOUND: 'host must be an address of this machine, or 0.0.0.0 for all it has',
  EACCES: 'choose a port above 1023, or 0 for any free one',
}

/** The error to throw instead. Another one's is given back as it is. */
export function whyNotListening(error: unknown): unknown {
  const text = String(error)
  const port = /EADDRINUSE[^\n]*:(\d+)/.exec(text)?.[1]
  if (port !== undefined) return new PortInUseError(Number(port), error)
  const [, code = '', said = ''] = /\b(?:listen|getaddrinfo) (E[A-Z_]+):?([^\n]*)/.exec(text) ?? []
  if (code === '') return error
  const way = ways[code]
  const sentence = `this peer cannot listen there (${code}${said === '' ? '' : `:${said}`})`
  return new ListenError(way === undefined ? sentence : `${sentence}: ${way}`, { cause: error })
}
