// The verbs of an attempt: a scope over a context of its own, made when it first asks for one. A call of an actor has ids
// of its own, but what it holds is held by the actor: it may be in `this` long after the call has ended. Inside a task
// the only code there is, is the bundle that runs.

import { MeshError } from '../errors.ts'
import type { CodeId, ContextId } from '../model/ids.ts'
import { createScope, type OpenScope } from '../scope.ts'
import type { Namespace } from './callee.ts'
import type { CodePort, ExportInfo, LoadedModule } from './code-port.ts'
import { generatorMethods, isGeneratorFunction } from './generators.ts'
import { isClass } from './value-kinds.ts'
import { WorkerContext } from './worker-context.ts'
import type { WorkerHost } from './worker-host.ts'
import type { BatchOrder } from './worker-messages.ts'

export interface AttemptVerbsOptions {
  readonly host: WorkerHost
  readonly order: BatchOrder
  readonly namespace: Namespace
  /** Of the actor that the attempt is a call of. */
  readonly actor: AttemptVerbs | undefined
  readonly waits: (change: 1 | -1) => void
  readonly warn: (message: string) => void
}

export class AttemptVerbs {
  readonly scope: OpenScope
  readonly #context: WorkerContext
  readonly #code: CodeId

  constructor({ host, order, namespace, actor, waits, warn }: AttemptVerbsOptions) {
    const { number } = order
    // Whoever calls an actor may know another bundle of that class.
    this.#code = actor === undefined ? order.code : actor.#code
    const isOfActor = actor !== undefined || order.actor !== undefined
    this.#context = new WorkerContext({
      context: contextOf(order),
      // An actor that begins again asks anew: what it asks for outside its calls comes in no order that would come again.
      runsAgain: order.actor === undefined,
      inlineBytes: host.inlineBytes,
      sha256: host.sha256,
      calls: host.calls,
      post: (request, transfer) => host.post({ type: 'context', number, request }, transfer),
      waits,
      within: actor === undefined ? undefined : actor.#context,
    })
    this.scope = createScope({
      port: this.#context,
      code: bundleOf(this.#code, namespace),
      warn,
      watchDropped: false,
      sharing: actor?.scope,
      current: isOfActor ? () => host.atWork?.verbs.scope : undefined,
    })
  }

  close(error: MeshError): void {
    this.#context.close()
    this.scope.close(error)
  }
}

/** What ids begin with, or are derived from. */
function contextOf({ task, attempt, actor }: BatchOrder): ContextId {
  return (actor === undefined ? task : `${task}#${attempt}`) as ContextId
}

function bundleOf(code: BatchOrder['code'], namespace: Namespace): CodePort {
  return {
    use: async () => {
      const way = 'export its function from the running module as well and pass that to task.mesh.fn'
      throw new MeshError('BUNDLE_FAILED', `task.mesh.use: a running task cannot bundle; ${way}`, {
        reason: 'in-task',
      })
    },
    fn: (f): LoadedModule => {
      const name = Object.keys(namespace).find((key) => namespace[key] === f)
      if (name === undefined) {
        const what = f.name === '' ? 'the function' : f.name
        throw new MeshError('UNKNOWN_EXPORT', `task.mesh.fn: ${what} is not an export of the running module; export it`)
      }
      // What an export reaches is not known here: two bundles are two functions.
      const digest = `${code} ${name}`
      return { code, name, exports: [{ name, digest, ...kindOf(f) }], only: null, bytes: null }
    },
  }
}

function kindOf(f: Parameters<CodePort['fn']>[0]): Pick<ExportInfo, 'kind' | 'generators'> {
  if (isClass(f)) return { kind: 'class', generators: generatorMethods(f) }
  return { kind: isGeneratorFunction(f) ? 'generator' : 'function' }
}
