// The options of tasks and of the verbs around them, as a user's editor shows them: each says what it does, in which unit, what
// counts when it is left out, and what a call with it looks like. Those of actors are in actor-types.ts; what may be given for
// each is checked in options.ts.

import type { LabelMatch } from './model/task.ts'

/** How long to wait. */
export interface WaitOptions {
  /**
   * Stops the waiting, not the task: the wait rejects with the signal's reason. Default: none.
   *
   * @example
   * await ref.get({ signal: AbortSignal.timeout(5_000) })
   */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds until GET_TIMEOUT. Default: no limit.
   *
   * @example
   * await ref.get({ timeoutMs: 5_000 })
   */
  timeoutMs?: number | undefined
}

/** What a peer must have, or with `prefer` should. Nobody in the mesh has it: UNPLACEABLE. */
export interface TaskNeeds {
  /**
   * What its labels must be: that, one of some, or not that. Every peer has the label `kind`, `node` or `browser`. Default: anything.
   *
   * @example
   * tiles.render.with({ needs: { labels: { kind: 'node', zone: { in: ['a', 'b'] }, arch: { not: 'arm' } } } })(scene, at)
   */
  labels?: Readonly<Record<string, LabelMatch>> | undefined
  /**
   * How much of each resource a task uses up while it runs, counted by each submitter for its own tasks, so that several submitters may together ask more
   * of a peer than it has. A task that waits keeps them; its children do not count them. Default: none.
   *
   * @example
   * tiles.render.with({ needs: { resources: { gpu: 1 } } })(scene, at)
   */
  resources?: Readonly<Record<string, number>> | undefined
  /**
   * Slots that one attempt takes: it waits until so many are free, and those behind it wait too. Default 1.
   *
   * @example
   * tiles.render.with({ needs: { slots: 4 } })(scene, at)
   */
  slots?: number | undefined
  /**
   * Bytes that the peer must be able to keep of objects, whatever it keeps at the moment. Default: any.
   *
   * @example
   * tiles.merge.with({ needs: { memoryBytes: 8 * 1024 ** 3 } })(...parts)
   */
  memoryBytes?: number | undefined
  /**
   * The id or the name of the only peer that will do. Default: any.
   *
   * @example
   * tiles.preview.with({ needs: { peer: 'kestrel-3f9c' } })(scene)
   */
  peer?: string | undefined
}

/** Options of a task: they ride before the call, `f.with(options)(...args)`. */
export interface TaskOptions {
  /**
   * What people read besides the function's name: in lists, and where its ref is printed. In a named job its result is found by it. Default: none.
   *
   * @example
   * tiles.render.with({ name: 'the first tile' })(scene, at)
   */
  name?: string | undefined
  /**
   * Tells apart calls that are otherwise the same, in contexts that may run again: tasks and named jobs. Default: they are told apart by their number.
   *
   * @example
   * for (const at of tries) job.fn(measure).with({ key: `at ${at}` })()
   */
  key?: string | undefined
  /**
   * Attempts after the first, for lost peers and crashed workers, and for errors of yours that `retryErrors` names; -1: without limit. Default 3.
   *
   * @example
   * tiles.render.with({ retries: 10 })(scene, at)
   */
  retries?: number | undefined
  /**
   * Errors of the function that are worth another attempt: all, or those whose name, code or message is that text or fits that pattern. Default false: none.
   *
   * @example
   * fetchTile.with({ retryErrors: ['Busy', /ECONNRESET/] })(at)
   */
  retryErrors?: boolean | readonly (string | RegExp)[] | undefined
  /**
   * Executions to make a lost result again, a budget apart from `retries`; -1: without limit. Default -1.
   *
   * @example
   * draw.with({ rebuilds: 0 })() // A draw of lots: never twice.
   */
  rebuilds?: number | undefined
  /**
   * First and longest wait between attempts, in milliseconds; it doubles each time, give or take a little. Default [100, 10_000].
   *
   * @example
   * fetchTile.with({ retryErrors: true, retryDelayMs: [1_000, 60_000] })(at)
   */
  retryDelayMs?: readonly [number, number] | undefined
  /**
   * Milliseconds for the whole task, waiting and retries included; a running one then has 2 s to stop. It fails with TASK_TIMEOUT. Default: no limit.
   *
   * @example
   * tiles.render.with({ timeoutMs: 60_000 })(scene, at)
   */
  timeoutMs?: number | undefined
  /**
   * Milliseconds for one attempt, from when it is given to a peer; another one is one of `retries`. Default: no limit.
   *
   * @example
   * tiles.render.with({ attemptTimeoutMs: 10_000, retries: 2 })(scene, at)
   */
  attemptTimeoutMs?: number | undefined
  /**
   * Cancels the task, and what it has asked for. Default: none.
   *
   * @example
   * const enough = new AbortController()
   * const refs = inputs.map((at) => tiles.render.with({ signal: enough.signal })(scene, at))
   */
  signal?: AbortSignal | undefined
  /**
   * Peers that keep the result, in all, when it is more than 64 KiB; smaller ones are kept where the task was asked for. Default 2.
   *
   * @example
   * tiles.merge.with({ copies: 3 })(...parts)
   */
  copies?: number | undefined
  /**
   * What a peer must have. Default: nothing.
   *
   * @example
   * tiles.render.with({ needs: { labels: { kind: 'node' }, resources: { gpu: 1 } } })(scene, at)
   */
  needs?: TaskNeeds | undefined
  /**
   * What a peer should rather have. Default: nothing.
   *
   * @example
   * tiles.render.with({ prefer: { labels: { zone: 'lab-3' } } })(scene, at)
   */
  prefer?: TaskNeeds | undefined
  /**
   * True: rather on different peers than on the fastest. Default false.
   *
   * @example
   * const measured = seeds.map((seed) => measure.with({ spread: true })(seed))
   */
  spread?: boolean | undefined
  /**
   * Higher goes first, among the tasks of this peer, whatever job they are of; of equal ones jobs take turns, and other peers' are not affected. Default 0.
   *
   * @example
   * tiles.preview.with({ priority: 1 })(scene)
   */
  priority?: number | undefined
  /**
   * True: an attempt that takes much longer than most (1.5 times what three in four runs of the function need) gets a second one beside it on an
   * idle peer; whichever is done first counts. For functions that ask for no tasks of their own and put nothing; nothing with `votes`, where several compute it
   * anyway. Default false.
   *
   * @example
   * mesh.map(inputs, (at) => tiles.render.with({ hedge: true })(scene, at))
   */
  hedge?: boolean | undefined
  /**
   * So many peers compute it, none of them told by another, and the result that more than half of them give counts: for work given to peers that you do not
   * trust. Fails with NO_MAJORITY when there is none, after one more peer was asked for each of `retries`, and with UNPLACEABLE when there are too few peers. For
   * functions that return values without refs in them, the same for the same arguments. From 1 to 99. Default 1.
   *
   * @example
   * await tiles.render.with({ votes: 3 })(scene, at).get()
   */
  votes?: number | undefined
  /**
   * With `votes`, and nothing without: the name of an export of the same module that is called with two results and returns `true` when they are the same, for results that may differ a little. It runs
   * where the task was asked for, if that has slots. Default: they are the same when their bytes are.
   *
   * @example
   * const { energy } = await mesh.use<typeof import('./physics.task.ts')>(new URL('./physics.task.ts', import.meta.url))
   * await energy.with({ votes: 3, equals: 'closeEnough' })(state).get()
   */
  equals?: string | undefined
  /**
   * Of a generator function: items that it may be ahead of whoever reads them, from 1 to 65,536. With as many unread it waits, and gives its slot
   * to others. More hides the way to the reader, and takes as much memory on both sides. Default 64, but 8 as soon as those unread are 256 KiB
   * together.
   *
   * @example
   * for await (const frame of tiles.animate.with({ ahead: 256 })(scene)) show(frame)
   */
  ahead?: number | undefined
}

/** What a task module is bundled with. All of it is part of what its tasks are: with another value they are other tasks. */
export interface UseOptions {
  /**
   * Environment variables that the module's tasks see, besides PATH, HOME, TMPDIR and LANG. Default: none.
   *
   * @example
   * await mesh.use<typeof import('./mail.task.ts')>(url, { env: { REGION: 'north' } })
   */
  env?: Readonly<Record<string, string>> | undefined
  /**
   * Files that travel with the module, read in its tasks with `task.asset(name)`. Default: none.
   *
   * @example
   * await mesh.use<typeof import('./label.task.ts')>(url, { assets: [new URL('./model.onnx', import.meta.url)] })
   */
  assets?: readonly URL[] | undefined
  /**
   * Packages to leave outside the bundle: tasks then run on peers that have them, in a version that promises the same (`murmur up --modules DIR`). Those
   * whose native addons the bundler sees stay outside by themselves. Default: none.
   *
   * @example
   * await mesh.use<typeof import('./images.task.ts')>(url, { external: ['sharp'] })
   */
  external?: readonly string[] | undefined
}

/** Options of `put`. */
export interface PutOptions {
  /**
   * What people read where its ref is printed. Default: none.
   *
   * @example
   * await mesh.put(scene, { name: 'the bunny' })
   */
  name?: string | undefined
  /**
   * Peers that keep it, in all. Default 2.
   *
   * @example
   * await mesh.put(scene, { copies: 3 })
   */
  copies?: number | undefined
  /**
   * True: your buffer is taken instead of copied, and is empty afterwards. Default false.
   *
   * @example
   * await mesh.put(await readFile('bunny.obj'), { transfer: true })
   */
  transfer?: boolean | undefined
}

/** Options of `map`. */
export interface MapOptions {
  /**
   * True: results in the order of the inputs. False: as they finish. Default true.
   *
   * @example
   * for await (const tile of mesh.map(inputs, call, { ordered: false })) draw(tile)
   */
  ordered?: boolean | undefined
  /**
   * Calls that may be out or unread at once: what bounds memory. Default 256.
   *
   * @example
   * for await (const tile of mesh.map(inputs, call, { ahead: 16 })) draw(tile)
   */
  ahead?: number | undefined
  /**
   * Ends the loop and cancels what is out. Default: none.
   *
   * @example
   * for await (const tile of mesh.map(inputs, call, { signal: AbortSignal.timeout(60_000) })) draw(tile)
   */
  signal?: AbortSignal | undefined
  /**
   * Milliseconds to wait for each next result until GET_TIMEOUT. Default: no limit.
   *
   * @example
   * for await (const tile of mesh.map(inputs, call, { timeoutMs: 10_000 })) draw(tile)
   */
  timeoutMs?: number | undefined
}
