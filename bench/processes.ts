// The benchmark's processes. Each is a program of this directory that is told what to do in one message
// and answers in one; it is ended by its id, and none outlives the run that started it.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** Longer than any measurement: a process that says nothing for this long is stuck. */
const silentMs = 120_000

export interface RunningProcess {
  readonly pid: number
  /** Its next message. Rejects when it ends or says nothing for two minutes. */
  next<T>(): Promise<T>
  tell(message: unknown): void
  kill(signal?: NodeJS.Signals): void
  /** Rejects when it ended other than well. */
  ended(): Promise<void>
}

export type StartProcess = (module: string, message: unknown, options?: ProcessOptions) => RunningProcess

export interface ProcessOptions {
  readonly args?: readonly string[] | undefined
  /** Keeps what it prints to itself, unless it fails. */
  readonly quiet?: boolean | undefined
}

/** Processes of one run; `end` ends those that are left and waits until they have. */
export function processGroup(env: Readonly<Record<string, string>>): {
  readonly start: StartProcess
  end(): Promise<void>
} {
  const running = new Set<ChildProcess>()
  return {
    start(module, message, { args = [], quiet = false } = {}) {
      const child = fork(fileURLToPath(new URL(module, import.meta.url)), args, {
        env: { ...process.env, ...env },
        serialization: 'advanced',
        // Our own stdout is for the table.
        stdio: ['ignore', quiet ? 'pipe' : 2, quiet ? 'pipe' : 2, 'ipc'],
      })
      running.add(child)
      child.once('exit', () => running.delete(child))
      child.send(message as never)
      return wrap(child, module)
    },
    async end() {
      const exits = [...running].map(async (child) => {
        const exit = once(child, 'exit')
        child.kill('SIGKILL')
        await exit
      })
      await Promise.all(exits)
    },
  }
}

function wrap(child: ChildProcess, module: string): RunningProcess {
  let printed = ''
  for (const output of [child.stdout, child.stderr]) {
    output?.on('data', (text: Buffer) => (printed = (printed + text.toString()).slice(-2_000)))
  }
  const arrived: unknown[] = []
  let waiting: { resolve(message: unknown): void; reject(error: Error): void } | null = null
  child.on('message', (message) => {
    if (waiting) waiting.resolve(message)
    else arrived.push(message)
    waiting = null
  })
  child.once('exit', (code, signal) => {
    waiting?.reject(new Error(`${module} ended with ${signal ?? code} before it answered`))
  })
  return {
    pid: child.pid ?? 0,
    tell: (message) => void child.send(message as never),
    kill: (signal = 'SIGKILL') => void child.kill(signal),
    async ended() {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
      if (child.exitCode !== 0)
        throw new Error(`${module} ended with ${child.signalCode ?? child.exitCode}\n${printed}`)
    },
    next<T>() {
      if (arrived.length > 0) return Promise.resolve(arrived.shift() as T)
      if (child.exitCode !== null || child.signalCode !== null) {
        return Promise.reject(
          new Error(`${module} ended with ${child.signalCode ?? child.exitCode} before it answered`),
        )
      }
      return new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${module} said nothing for ${silentMs / 1000} s`)), silentMs)
        waiting = {
          resolve: (message) => (clearTimeout(timer), resolve(message as T)),
          reject: (error) => (clearTimeout(timer), reject(error)),
        }
      })
    },
  }
}

/** For the programs themselves: what they were told. They end with whoever started them. */
export async function told<T>(): Promise<T> {
  process.once('disconnect', () => process.exit())
  const [message] = (await once(process, 'message')) as [T]
  return message
}

/** For the programs themselves: an answer to whoever started them. */
export function answer(message: unknown): void {
  process.send?.(message)
}
