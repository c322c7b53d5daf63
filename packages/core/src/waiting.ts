// The verbs that wait for many refs: get, wait and settled. Each ref counts once per mention, order is
// kept, and one shared watch per object serves all who wait for it.

import type { Handle } from './handles.ts'
import { checkOptions, waitManyRules, waitRules } from './options.ts'
import { handlesOf } from './refs.ts'
import type { AnyRef, WaitOptions } from './types.ts'
import { type Late, within } from './within.ts'

/** All values in order; the first failure rejects at once. */
export async function getAll(refs: readonly AnyRef[], options: WaitOptions = {}): Promise<unknown[]> {
  checkOptions('get', options, waitRules)
  const handles = handlesOf('get', refs)
  for (const handle of handles) {
    handle.retain()
    // Whoever asks for all is told of the first failure; the others are no secret then.
    handle.read = true
  }
  const watches = handles.map((handle) => handle.watch(true))
  try {
    const values = watches.map(async ({ settled }, i) => {
      const settlement = await settled
      if (settlement.type === 'failure') return handles[i]!.open(settlement)
      return settlement
    })
    const late = (): Late => {
      const pending = handles.filter((handle) => !handle.isSettled)
      const { why, ...details } = pending[0]?.outlook() ?? { why: '' }
      const message = `${pending.length} of ${handles.length} refs had no value after ${options.timeoutMs} ms${why}`
      return { ...details, message }
    }
    const settlements = await within(Promise.all(values), options, late)
    return settlements.map((settlement, i) => handles[i]!.open(settlement as Parameters<Handle['open']>[0]))
  } finally {
    for (const watch of watches) watch.stop()
    for (const handle of handles) handle.drop()
  }
}

/** Resolves when `count` have settled or the time is over; never rejects for a failed task. */
export async function waitFor<R extends AnyRef>(
  refs: Iterable<R>,
  options: WaitOptions & { count?: number | undefined } = {},
): Promise<{ settled: R[]; pending: R[] }> {
  checkOptions('wait', options, waitManyRules)
  const list = [...refs]
  const handles = handlesOf('wait', list)
  const count = Math.min(options.count ?? list.length, list.length)
  const isSettled = handles.map((handle) => handle.isSettled)
  let done = isSettled.filter(Boolean).length
  if (done < count) {
    const watched = new Map<Handle, () => void>()
    const enough = new Promise<void>((resolve) => {
      handles.forEach((handle, i) => {
        if (isSettled[i] === true || watched.has(handle)) return
        const listener = (): void => {
          handles.forEach((one, j) => {
            if (one === handle) isSettled[j] = true
          })
          done = isSettled.filter(Boolean).length
          if (done >= count) resolve()
        }
        watched.set(handle, listener)
        handle.onSettled(listener)
      })
    })
    try {
      await within(enough, options, () => '')
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'GET_TIMEOUT') throw error
    } finally {
      for (const [handle, listener] of watched) handle.offSettled(listener)
    }
  }
  return { settled: list.filter((_, i) => isSettled[i]), pending: list.filter((_, i) => !isSettled[i]) }
}

/** Yields the refs as they settle: those that have first, in their order. */
export async function* settledOf<R extends AnyRef>(refs: Iterable<R>): AsyncGenerator<R, void, undefined> {
  const list = [...refs]
  const handles = handlesOf('settled', list)
  const ready: R[] = []
  const watched: [Handle, () => void][] = []
  let wake = (): void => {}
  handles.forEach((handle, i) => {
    if (handle.isSettled) {
      ready.push(list[i]!)
      return
    }
    const listener = (): void => {
      ready.push(list[i]!)
      wake()
    }
    watched.push([handle, listener])
    handle.onSettled(listener)
  })
  try {
    for (let yielded = 0; yielded < list.length; yielded++) {
      while (yielded >= ready.length) await new Promise<void>((resolve) => (wake = resolve))
      yield ready[yielded]!
    }
  } finally {
    for (const [handle, listener] of watched) handle.offSettled(listener)
  }
}
