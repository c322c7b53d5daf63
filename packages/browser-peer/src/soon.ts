// Calls back after the events that are due already, in the order asked: what setImmediate is in Node.
// A message to ourselves, since timers wait 4 ms when nested and a second in a hidden tab.

const waiting: (() => void)[] = []
let port: MessagePort | undefined

export function soon(callback: () => void): void {
  waiting.push(callback)
  port ??= openPort()
  port.postMessage(null)
}

function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel()
  port2.addEventListener('message', () => waiting.shift()?.())
  port2.start()
  return port1
}
