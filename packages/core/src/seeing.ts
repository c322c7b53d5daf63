// What is looked at now and then: lists, explanations, stories, the timeline, metrics. Apart from the rest of what a mesh can do, and
// loaded when it is first asked for: a page has to be a peer before anybody looks.

import { askAll, askPages, everybody, findPeer } from './asking.ts'
import type { ListOptions } from './looking-in.ts'
import { openMetrics } from './metrics.ts'
import { peerOf } from './model/ids.ts'
import { invalid, name } from './option-rules.ts'
import { checkOptions } from './options.ts'
import type { PeerBeneath } from './runtime/peer-beneath.ts'
import { mergeStories, type StoryLine, unknownStory } from './story.ts'
import { shownState } from './state/membership.ts'
import { type Summary, summaryOf } from './summary.ts'
import { traceOf } from './timeline.ts'

export { explain } from './explain.ts'
export { actors, counters, jobs, objects, tasks } from './lists.ts'
export { inspect } from './flows/inspect.ts'

/** Of a task, an object, a peer or whatever else has an id, by all who remember it. Rejects with MeshError INVALID_OPTION, NOT_FOUND. */
export async function story(peer: PeerBeneath, id: string): Promise<readonly StoryLine[]> {
  if (!name.ok(id)) throw invalid('story: expected a ref, or the whole id of a task, an object or a peer')
  const told = await askAll(peer, everybody(peer), { what: 'story', id, limit: storyLimit })
  const lines = mergeStories(told, Date.now() - performance.now())
  if (lines.length === 0) throw unknownStory(id, told.length)
  return lines
}

/** One peer's numbers, as text for monitoring systems. */
export async function metrics(peer: PeerBeneath, options: Pick<ListOptions, 'peer'> = {}): Promise<string> {
  checkOptions('metrics', options, { peer: name })
  const life = options.peer === undefined ? peer.self : findPeer(peer, options.peer)
  const [row = {}] = await peer.inspect(life, { what: 'measures', id: null, limit: 1 })
  const { members } = peer.state
  const id = peerOf(life)
  return openMetrics(row, { id, name: members.nameOf(id), kind: members.get(id)?.profile?.kind ?? 'unknown' })
}

/** What everybody remembers of all tasks and deaths, as the text of a trace. */
export async function timeline(peer: PeerBeneath): Promise<string> {
  const pages = await Promise.all(everybody(peer).map((life) => askPages(peer, life, { what: 'story', id: null })))
  return JSON.stringify(traceOf(pages.flat(), performance.now()))
}

/** What all peers say, added up. Who does not answer in time is named. */
export async function summary(peer: PeerBeneath): Promise<Summary> {
  const lives = everybody(peer)
  const told = await askAll(peer, lives, { what: 'summary', id: null, limit: 1_000 })
  const answered = new Set(told.map(({ life }) => life))
  const { members } = peer.state
  const peers: Record<string, number> = {}
  for (const row of members.all()) {
    const state = shownState(row)
    peers[state] = (peers[state] ?? 0) + 1
  }
  const silent = lives.filter((life) => !answered.has(life)).map((life) => members.nameOf(peerOf(life)))
  return summaryOf(told, { peers, silent })
}

/** Lines that one peer tells of one thing at most: the latest. */
const storyLimit = 500
