// A function written in the page, run over a range on the mesh. What was typed becomes a function by importing it as
// a module: that makes it, and does not run it; it runs on peers, in their sandboxes.

import type { Mesh } from 'murmuration'

export interface EditorRun {
  readonly values: { readonly input: number; readonly text: string; readonly failed: boolean }[]
  readonly total: number
  state: 'running' | 'done' | 'stopped' | 'failed'
  why: string
  readonly startedAt: number
  endedAt: number | null
}

const mostInputs = 100_000

/** Calls `changed` with every result; ends when the signal is aborted. Never rejects. */
export async function runOver(
  mesh: Mesh,
  { source, from, to, signal }: { source: string; from: number; to: number; signal: AbortSignal },
  changed: (run: EditorRun) => void,
): Promise<void> {
  const total = Math.max(0, Math.min(mostInputs, to - from + 1))
  const run: EditorRun = { values: [], total, state: 'running', why: '', startedAt: Date.now(), endedAt: null }
  try {
    const f = mesh.fn(await functionOf(source))
    const inputs = Array.from({ length: total }, (_, at) => from + at)
    const mapped = mesh.map(inputs, (input) => f(input), { ordered: false, signal })
    for await (const settled of mapped.settlements()) {
      const failed = 'error' in settled
      const text = failed ? settled.error.message : shown(settled.value)
      run.values.push({ input: settled.input, text, failed })
      changed(run)
    }
    run.state = 'done'
  } catch (error) {
    run.state = signal.aborted ? 'stopped' : 'failed'
    run.why = signal.aborted ? '' : error instanceof Error ? error.message : String(error)
  }
  run.endedAt = Date.now()
  changed(run)
}

async function functionOf(source: string): Promise<(x: number) => unknown> {
  const url = URL.createObjectURL(
    new Blob([`export default (${source.trim().replace(/;$/, '')}\n)`], { type: 'text/javascript' }),
  )
  try {
    const { default: f } = (await import(/* @vite-ignore */ url)) as { default: unknown }
    if (typeof f === 'function') return f as (x: number) => unknown
    throw new TypeError(`that is ${f === null ? 'null' : typeof f}; write a function, as in (n) => n * n`)
  } finally {
    URL.revokeObjectURL(url)
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
