// The script of the frame: starts workers, hands each its port, ends them, and says of each once how it
// ended. Task code never runs in this document, since a document could open WebRTC whatever its policy
// says; and what workers and their peer say to each other does not come through here.

import { goodbye } from './messages.ts'
import type { Command, Ended, EndReason, Setup } from './messages.ts'

addEventListener('message', takeSetup)

function takeSetup({ data, ports, source }: MessageEvent<Setup>): void {
  const [control] = ports
  if (source !== parent || data?.murmuration !== 'frame' || control === undefined) return
  removeEventListener('message', takeSetup)
  const script = URL.createObjectURL(new Blob([data.workerScript], { type: 'text/javascript' }))
  const workers = new Map<number, Worker>()

  const end = (number: number, reason: EndReason, detail: string): void => {
    const worker = workers.get(number)
    if (worker === undefined) return
    workers.delete(number)
    worker.terminate()
    control.postMessage({ number, reason, detail } satisfies Ended)
  }

  const start = (number: number, port: MessagePort): void => {
    const worker = new Worker(script, { name: `murmuration ${number}` })
    workers.set(number, worker)
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      end(number, 'uncaught', said(event))
    })
    worker.addEventListener('message', (event) => {
      if (event.data === goodbye) end(number, 'exit', 'it closed itself')
    })
    worker.postMessage(null, [port])
  }

  control.addEventListener('message', ({ data: command, ports: [port] }: MessageEvent<Command>) => {
    if (command.type === 'end') end(command.number, 'terminated', 'ended by its peer')
    else if (port !== undefined) start(command.number, port)
  })
  control.start()
}

/** `RangeError: too deep at code 4f0e1a2b:3:17`, as a thread in Node would have it. */
function said({ message, filename, lineno, colno }: ErrorEvent): string {
  const [first = ''] = (message || 'the worker did not start').replace(/^Uncaught /, '').split('\n')
  const code = /([0-9a-f]{64})\.mjs$/.exec(filename ?? '')?.[1]
  return code === undefined ? first : `${first} at code ${code.slice(0, 8)}:${lineno}:${colno}`
}
