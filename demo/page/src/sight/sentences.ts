// What happened in the mesh, in sentences for people. Things of one kind that come together are told once, with
// their number: a death moves many attempts, and nobody wants to read the same line forty times.

import type { Notice } from '@murmuration/core/internal'
import { counted } from '../../../dragon/words.ts'

export type Tone = 'plain' | 'good' | 'doubt' | 'bad'

export interface Line {
  readonly number: number
  /** Wall clock, in ms. */
  readonly at: number
  readonly tone: Tone
  readonly text: string
  /** Lines of one group that come together become one. */
  readonly group: string | null
  readonly count: number
}

interface Told {
  readonly tone: Tone
  readonly group: string | null
  readonly text: (count: number) => string
}

export function tell(notice: Notice): Told | null {
  switch (notice.type) {
    case 'peer:joined':
      return one('good', `${notice.name} joined.`)
    case 'peer:suspected':
      return one('doubt', `${notice.name} does not answer ${notice.by}: it may be gone.`)
    case 'peer:died':
      return one('bad', `${notice.name} died: ${notice.how}.${costOf(notice)}`)
    case 'peer:refused':
      return one('doubt', `${notice.name} and this page did not agree: ${notice.reason}.`)
    case 'peer:draining':
      return one('plain', `${notice.name} hands over and leaves.`)
    case 'peer:left':
      return one('plain', `${notice.name} left.`)
    case 'peer:unplug':
      return one('bad', `${notice.by} pulled the plug on ${notice.name}.`)
    case 'task:retried':
      return many('doubt', `retried ${notice.reason}`, (count) => `${times(count, notice.fn)} again: ${notice.reason}.`)
    case 'task:hedged':
      return many('plain', 'hedged', (count) => `${times(count, notice.fn)} a second time beside a slow attempt.`)
    case 'peer:dissented':
      return one('bad', `${notice.name} gave another result of ${notice.fn} than the majority.`)
    case 'task:conflict':
      return one('bad', `${notice.fn} had two different outcomes: ${notice.reason}.`)
    case 'actor:restarted':
      return one('good', `${notice.fn} lives again elsewhere: ${notice.reason}.`)
    case 'task:stuck':
      return one('doubt', `Nothing has moved for ${Math.round(notice.forMs / 1_000)} s: ${notice.why.join('; ')}.`)
    case 'task:printed':
      return many('plain', `printed ${notice.text}`, () => `${notice.fn} on ${notice.name} says: ${notice.text}`)
    case 'object:rebuilt':
      return many('good', 'rebuilt', (count) => `${counted(count, 'lost object')} made again from what it was made of.`)
    case 'object:copied':
      return many('plain', 'copied', (count) => `${counted(count, 'object')} copied to another peer.`)
    case 'object:lost':
      return one('bad', `An object is lost: ${notice.reason}.`)
  }
}

const togetherMs = 2_000
const linesKept = 200

/** The lines with what has just happened, the newest first. */
export function withNotice(lines: readonly Line[], notice: Notice, at: number): readonly Line[] {
  const told = tell(notice)
  if (told === null) return lines
  const { tone, group, text } = told
  const same = lines.find((line) => group !== null && line.group === group && at - line.at < togetherMs)
  if (same !== undefined) {
    const count = same.count + 1
    return lines.map((line) => (line === same ? { ...same, at, count, text: text(count) } : line))
  }
  const number = (lines[0]?.number ?? 0) + 1
  return [{ number, at, tone, group, count: 1, text: text(1) }, ...lines].slice(0, linesKept)
}

function one(tone: Tone, text: string): Told {
  return { tone, group: null, text: () => text }
}

function many(tone: Tone, group: string, text: (count: number) => string): Told {
  return { tone, group, text }
}

function times(count: number, fn: string): string {
  return count === 1 ? `${fn} runs` : `${counted(count, 'task')} (${fn} among them) run`
}

function costOf({ attemptsMoved, objectsRecopied }: Extract<Notice, { type: 'peer:died' }>): string {
  const cost = [
    ...(attemptsMoved > 0 ? [`${counted(attemptsMoved, 'attempt')} moved elsewhere`] : []),
    ...(objectsRecopied > 0 ? [`${counted(objectsRecopied, 'object')} copied again`] : []),
  ]
  return cost.length === 0 ? ' Nothing of it was needed.' : ` ${cost.join(', ')}.`
}
