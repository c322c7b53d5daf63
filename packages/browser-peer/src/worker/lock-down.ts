// What tasks find in the place of the globals that would reach out of a worker. The frame's policy and its
// origin refuse all of it already; this is the second wall, and the one that says why. What ends the
// worker says goodbye first, so that its peer need not find out.

import { goodbye } from '../sandbox/messages.ts'

/** Out of reach, and said so. */
const refused = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'EventSource',
  'WebTransport',
  'importScripts',
  'Worker',
  'SharedWorker',
  'BroadcastChannel',
  'Notification',
  'RTCPeerConnection',
]

/** Not there. */
const absent = ['indexedDB', 'caches', 'cookieStore', 'postMessage', 'webkitRequestFileSystem']
const absentOfNavigator = ['storage', 'locks', 'serviceWorker', 'sendBeacon', 'usb', 'serial', 'hid', 'permissions']

export function lockDown(): void {
  const post = globalThis.postMessage.bind(globalThis) as (message: unknown) => void
  // As a thread in Node would: a rejection that nobody takes ends the worker.
  addEventListener('unhandledrejection', (event) => {
    event.preventDefault()
    reportError(event.reason)
  })
  for (const name of refused) replace(globalThis, name, refusal(name))
  for (const name of absent) replace(globalThis, name, undefined)
  for (const name of absentOfNavigator) replace(navigator, name, undefined)
  replace(globalThis, 'close', () => post(goodbye))
}

function refusal(name: string): unknown {
  return function refused(): never {
    throw new TypeError(
      `${name}: a task in a page reaches nothing outside its worker; give it what it needs as arguments`,
    )
  }
}

/** Wherever along the chain of prototypes it is. */
function replace(owner: object, name: string, value: unknown): void {
  for (let at: object | null = owner; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    if (Object.hasOwn(at, name)) Reflect.defineProperty(at, name, { value, writable: false, configurable: false })
  }
}
