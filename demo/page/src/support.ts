// What a browser must have for this page, and what it may lack.

export interface Missing {
  /** Without these there is no peer. */
  readonly needed: readonly string[]
  /** Nothing can be kept here: this page will not be recognised when it returns, and asks every time. */
  readonly storage: boolean
}

export function whatIsMissing(world: typeof globalThis = globalThis): Missing {
  const needs: Record<string, unknown> = {
    WebSockets: world.WebSocket,
    'web workers': world.Worker,
    'message channels': world.MessageChannel,
    'random numbers': world.crypto?.getRandomValues,
  }
  const needed = Object.entries(needs).flatMap(([name, there]) => (there === undefined ? [name] : []))
  return { needed, storage: !canStore(world) }
}

/** Reading the property alone throws where storage is blocked. */
function canStore(world: typeof globalThis): boolean {
  try {
    world.localStorage.setItem('murmuration.probe', '1')
    world.localStorage.removeItem('murmuration.probe')
    return world.indexedDB !== undefined && world.indexedDB !== null
  } catch {
    return false
  }
}
