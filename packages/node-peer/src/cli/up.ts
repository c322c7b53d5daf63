// `murmur up`: be a peer until told to stop, and say what happens in the mesh, a line each. The first
// Ctrl-C or SIGTERM drains: what runs here may end, what is kept here is copied elsewhere; then it says
// goodbye. The second ends at once. Somebody else may have it drained too. A peer that broke ends the command.

import { stuckText } from '@murmuration/core/internal'
import type { Mesh, MeshError, Notice, Peer, PeerId, PeerInfo } from '@murmuration/core/internal'
import { meshOf } from '../mesh-of.ts'
import { joinPeer } from '../join-peer.ts'
import { checkJoinOptions } from '../options.ts'
import type { JoinOptions } from '../options.ts'
import { entriesIn } from './arguments.ts'
import type { Common } from './arguments.ts'
import { UsageError } from './failure.ts'
import { isObserver } from './observer.ts'
import { openPage } from './page.ts'
import type { OpenPage } from './page.ts'
import { serveMetrics } from './serve-metrics.ts'
import type { ServedMetrics } from './serve-metrics.ts'
import { colours, print } from './table.ts'
import { bytes, duration, plural, shortAddress } from './words.ts'

export interface UpOptions extends Common {
  readonly slots?: number | undefined
  readonly label?: Readonly<Record<string, string>> | undefined
  readonly modules?: string | undefined
  readonly memory?: number | undefined
  readonly disk?: number | undefined
  readonly host?: string | undefined
  readonly lan?: boolean | undefined
  readonly port?: number | undefined
  readonly wsPort?: number | undefined
  readonly page?: boolean | undefined
  readonly pagePort?: number | undefined
  /** Port on loopback. */
  readonly metrics?: number | undefined
}

type Say = (event: Readonly<Record<string, unknown>>, line: string) => void

export async function up(options: UpOptions): Promise<number> {
  const { json = false } = options
  const say: Say = json
    ? (event) => print(JSON.stringify({ at: new Date().toISOString(), ...event }))
    : (_event, line) => print(line)
  const joined = await joinPeer(joinOptions(options), {
    say: () => {},
    logged:
      (peer) =>
      ({ attempt, text }) => {
        const fn = attempt === null ? 'worker' : (peer.state.executor.get(attempt)?.spec.fn ?? 'task')
        say({ event: 'printed', fn, text }, `${colours.dim(`${clock()}  ${fn} |`)} ${text}`)
      },
  })
  const mesh = meshOf(joined)
  introduce(mesh, joined, say, options)
  const page = options.page === true ? await givePage(mesh, joined, say, options) : null
  const metrics = options.metrics === undefined ? null : await giveMetrics(mesh, say, options.metrics)
  if (!json) print('  Ctrl-C leaves.')
  tellEvents(mesh, joined.peer, say)
  const broken = await Promise.race([untilStopped(joined.peer), untilGone(joined.peer)])
  await Promise.all([page?.close(), metrics?.close()])
  if (broken) throw broken
  await joined.peer.drain()
  await mesh.leave()
  say({ event: 'left' }, 'left.')
  return 0
}

function joinOptions({
  slots,
  label,
  modules,
  memory,
  disk,
  lan,
  port,
  wsPort,
  home,
  ...typed
}: UpOptions): JoinOptions {
  if (lan === true && typed.host !== undefined)
    throw new UsageError('--lan listens on every network of this machine, --host on one: leave one of them out')
  const host = lan === true ? '0.0.0.0' : typed.host
  const entry = entriesIn(typed)
  const memoryBytes = memory === undefined ? undefined : memory * 1024 * 1024
  const spillBytes = disk === undefined ? undefined : disk * 1024 * 1024
  const options = { entry, slots, labels: label, modules, memoryBytes, spillBytes, host, port, wsPort, home }
  checkJoinOptions(options)
  return options
}

interface Introduced {
  readonly peer: Peer
  readonly founded: boolean
  readonly node: { readonly home: string }
}

const isThere = (state: PeerInfo['state']): boolean => state === 'alive' || state === 'hidden'

// oxlint-disable-next-line max-params -- one call
function introduce(mesh: Mesh, { peer, founded, node }: Introduced, say: Say, { host, lan = false }: UpOptions): void {
  const addresses = mesh.addresses.map(shortAddress)
  const profile = peer.state.members.me.profile
  const { role } = peer.admission
  const slots = profile?.slots ?? 0
  const others = mesh.peers().filter((one) => !one.isSelf && isThere(one.state) && !isObserver(one)).length
  const [first = ''] = addresses
  const isOpen = lan || (host !== undefined && host !== '127.0.0.1' && host !== 'localhost' && host !== '::1')
  const { limitBytes } = peer.state.disk
  const disk = limitBytes > 0 ? ` and ${bytes(limitBytes)} of disk` : ''
  const lines = [
    `${colours.bold(mesh.name)} is up: ${plural(slots, 'slot')}, ${bytes(profile?.memoryBytes ?? 0)}${disk} for objects; ${founded ? 'it founded a mesh' : `it joined a mesh of ${plural(others, 'other')}`}`,
    `  reached at   ${addresses.join('  ')}`,
    `  one more     ${colours.cyan(`murmur up --entry ${first}`)}`,
    ...(role === 'member' ? [`  a program    ${colours.cyan('murmur run hello.ts')}`] : []),
    `  ${whoRunsCodeHere(peer)}`,
    ...(isOpen
      ? [
          `  Other machines reach it too: whoever has an invite (murmur invite), or ${node.home}/mesh.key, comes in; nobody else.`,
        ]
      : []),
  ]
  say(
    { event: 'up', id: mesh.id, name: mesh.name, addresses: mesh.addresses, slots, founded, role, pid: process.pid },
    lines.join('\n'),
  )
}

// oxlint-disable-next-line max-params -- one call
async function givePage(
  mesh: Mesh,
  { peer, node }: Introduced,
  say: Say,
  { host, lan, pagePort }: UpOptions,
): Promise<OpenPage> {
  const where = { home: node.home, host: lan === true ? '0.0.0.0' : host, port: pagePort }
  try {
    const page = await openPage(mesh, peer, where)
    const { link, invite } = page
    say(
      { event: 'page', link, invite: invite.id, role: invite.role, until: new Date(invite.until).toISOString() },
      [
        `  a page       ${colours.cyan(link)}`,
        `  Whoever opens it lends cores for a day; members may pull this peer's plug there. murmur revoke ${invite.id} takes it back.`,
      ].join('\n'),
    )
    return page
  } catch (error) {
    await mesh.leave()
    throw error
  }
}

async function giveMetrics(mesh: Mesh, say: Say, port: number): Promise<ServedMetrics> {
  try {
    const metrics = await serveMetrics(mesh, port)
    say({ event: 'metrics', url: metrics.url }, `  metrics      ${colours.cyan(metrics.url)}`)
    return metrics
  } catch (error) {
    await mesh.leave()
    throw error
  }
}

function whoRunsCodeHere({ admission: { role, until } }: Peer): string {
  if (until === Number.POSITIVE_INFINITY)
    return "Members of this mesh run code here as you: you are one, and whom you give a member's invite."
  const here = `It is here as ${role} for ${duration(until - Date.now())}.`
  if (role === 'observer') return `${here} Nobody runs code here.`
  return `${here} Members of that mesh run code here as you${role === 'worker' ? ', and you submit nothing' : ''}.`
}

const introductionMs = 300

function tellEvents(mesh: Mesh, peer: Peer, say: Say): void {
  const hidden = new Set<string>()
  const isHidden = (id: string): boolean => {
    const profile = peer.state.members.get(id as PeerId)?.profile
    if (profile?.role === 'observer') hidden.add(id)
    return hidden.has(id)
  }
  // Of one that looked in for a moment, elsewhere, nothing but its leaving may come here.
  const isKnown = (id: string): boolean => (peer.state.members.get(id as PeerId)?.profile ?? null) !== null
  const tell = <Type extends Notice['type']>(
    type: Type,
    line: (notice: Extract<Notice, { type: Type }>) => string,
  ): void => {
    mesh.addEventListener(type, ({ detail: heard }) => {
      const tellNow = (): void => {
        const notice = 'name' in heard ? { ...heard, name: peer.state.members.nameOf(heard.peer) } : heard
        if ('name' in notice && (isHidden(notice.peer) || (type === 'peer:left' && !isKnown(notice.peer)))) return
        const { type: event, ...rest } = notice as Notice
        say({ event, ...rest }, `${colours.dim(clock())}  ${line(notice)}`)
      }
      // Who comes is met before it has said its name.
      if (type === 'peer:joined') setTimeout(tellNow, introductionMs)
      else tellNow()
    })
  }
  tell('peer:joined', ({ name }) => `${name} ${colours.green('joined')}`)
  tell('peer:suspected', ({ name, by }) => `${name} is ${colours.yellow('suspected')} by ${by}`)
  tell('peer:died', ({ name, how, attemptsMoved, objectsRecopied }) => {
    const cost = [
      ...(attemptsMoved > 0 ? [`${plural(attemptsMoved, 'attempt')} moved`] : []),
      ...(objectsRecopied > 0 ? [`${plural(objectsRecopied, 'object')} copied again`] : []),
    ]
    return `${name} ${colours.red('died')}: ${how}${cost.length > 0 ? ` (${cost.join(', ')})` : ''}`
  })
  tell('peer:refused', ({ name, reason, by }) =>
    by === 'us' ? `${name} was ${colours.yellow('turned away')}: ${reason}` : `${name} refused: ${reason}`,
  )
  tell('peer:left', ({ name }) => `${name} left`)
  // Of others it is enough to hear that they left.
  mesh.addEventListener('peer:draining', ({ detail }) => {
    const line = '\nhanding over and leaving: what runs here may end first; Ctrl-C again ends at once'
    if (detail.peer === mesh.id) say({ event: 'leaving' }, line)
  })
  tell(
    'peer:dissented',
    ({ name, fn, count }) => `${name} gave another result of ${fn} than the majority, ${count} in all`,
  )
  tell('task:conflict', ({ fn, reason }) => `${fn} had two different outcomes: ${reason}`)
  tell('task:stuck', (notice) => colours.yellow(stuckText(notice)))
  tell('object:lost', ({ object, reason }) => `object ${object} is ${colours.red('lost')}: ${reason}`)
}

/** Resolves at the first signal; one that comes while it hands over ends the process. */
function untilStopped(peer: Peer): Promise<void> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (signal: NodeJS.Signals): void => {
      if (asked || peer.state.leaving) process.exit(signal === 'SIGTERM' ? 143 : 130)
      asked = true
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop)
  })
}

/** Resolves when it has broken, with that, or when it was drained by somebody. */
function untilGone(peer: Peer): Promise<MeshError | null> {
  return new Promise((resolve) => peer.onStop(resolve))
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8)
}
