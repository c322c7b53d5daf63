// Bugs on purpose, each of them a way in which a mesh like this one breaks: what `npm run churn -- --bugs`
// plants into every peer of a run, one at a time, to see whether churn would have noticed. Each is a few
// lines over one table of a peer's state; none of them breaks a table in itself.

import type { SimPeer } from '@murmuration/sim-peer'

export interface Bug {
  /** What it forgets or believes. */
  readonly what: string
  plant(peer: SimPeer): void
}

const nothing = (): void => {}

export const bugs = {
  'lost-attempt': {
    what: 'one attempt that was lost is not tried again',
    plant: ({ state: { agenda } }) => {
      const push = agenda.requeue.push.bind(agenda.requeue)
      let isDone = false
      agenda.requeue.push = (item) => {
        const isFirst = !isDone && item !== undefined && item.charge === 'retry'
        isDone ||= isFirst
        return isFirst ? agenda.requeue.length : push(item)
      }
    },
  },
  'unacknowledged-guardian': {
    what: 'outcomes leave before a guardian has acknowledged what they name',
    plant: ({ state: { ledger } }) => (ledger.isSafe = () => true),
  },
  'dead-guardian': {
    what: 'a guardian that died counts on',
    plant: ({ state: { ledger } }) => (ledger.dismiss = () => false),
  },
  'stale-attempt': {
    what: 'attempts are all called the first one, so an outcome of an earlier one is taken for that of the latest',
    plant: ({ state: { tasks } }) => {
      const assigned = tasks.assigned.bind(tasks)
      tasks.assigned = (row, to, now) => {
        assigned(row, to, now)
        row.attempt = row.numbered = 1
      }
    },
  },
  'nested-ref': {
    what: 'refs inside a value that came in are not borrowed from their owner',
    plant: ({ state: { holds } }) => {
      const asked = holds.asked.bind(holds)
      holds.asked = (row) => {
        asked(row)
        holds.known(row.object)
      }
    },
  },
  'freed-in-flight': {
    what: 'a ref on its way to somebody does not keep the object',
    plant: ({ state: { holds } }) => {
      const { isEmpty } = holds
      holds.isEmpty = (row) => isEmpty.call(holds, { ...row, transit: 0 })
    },
  },
  'forgotten-borrower': {
    what: 'an owner forgets one in three that borrow from it',
    plant: ({ state: { holds } }) => {
      const borrowed = holds.borrowed.bind(holds)
      let nth = 0
      holds.borrowed = (object, owner, by) => {
        if (nth++ % 3 > 0) borrowed(object, owner, by)
      }
    },
  },
  'forgotten-maker': {
    what: 'what a task put and is lost is not put again',
    plant: ({ state: { makers } }) => (makers.of = () => undefined),
  },
  'uncounted-death': {
    what: 'a holder that died is still one',
    plant: ({ state: { directory } }) => (directory.holderDied = () => []),
  },
  'reset-unnoticed': {
    what: 'what a broken session had not delivered is forgotten',
    plant: ({ state: { sessions } }) => {
      const end = sessions.end.bind(sessions)
      sessions.end = (life) => {
        end(life)
        return []
      }
      const receive = sessions.receive.bind(sessions)
      sessions.receive = (frame, now) => {
        const received = receive(frame, now)
        return received.reset ? { ...received, reset: { ...received.reset, lost: [] } } : received
      }
    },
  },
  'no-grace': {
    what: 'what a dead peer held is let go of at once',
    plant: ({ state: { graves } }) => {
      const set = graves.set.bind(graves)
      graves.set = (life) => set(life, 0 as never)
    },
  },
  'unkept-reply': {
    what: 'a reply of an actor leaves before most of its group has it',
    plant: ({ state: { residents, executor } }) => {
      const add = residents.add.bind(residents)
      residents.add = (actor, run) => {
        const row = add(actor, run)
        row.heldBack.push = ({ id }) => {
          const call = executor.get(id)
          if (call) call.isHeldBack = false
          return 0
        }
        return row
      }
    },
  },
  'joined-for-nothing': {
    what: 'an attempt that a second owner asks for tells only the first what came of it',
    plant: ({ state: { executor } }) => (executor.join = nothing),
  },
} satisfies Readonly<Record<string, Bug>>

export type BugName = keyof typeof bugs

export const bugNames = Object.keys(bugs) as BugName[]
