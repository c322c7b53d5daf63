// A pool of actors: several that can do the same, and whoever has least to do gets the next call. Run it with
// `murmur run actor-pool.ts` beside a few `murmur up`.

import { type Actor, joinMesh, type ObjectRef } from 'murmuration'

await using mesh = await joinMesh({ slots: 0 })
const { Speller } = await mesh.use<typeof import('./actor-pool.task.ts')>(
  new URL('./actor-pool.task.ts', import.meta.url),
)

// Put once; each actor fetches it from whoever is near.
const words = await mesh.put(['a', 'flock', 'has', 'no', 'leader', 'each', 'bird', 'watches', 'few', 'others'])
const spellers = Array.from({ length: 3 }, () => Speller.with({ spread: true }).spawn(words))
const pool = poolOf(spellers)

const lines = ['A flock has no leader', 'each brid watches a few others', 'no bird has a laeder']
for await (const unknown of mesh.map(lines, (line) => pool((speller) => speller.unknown(line))))
  console.log(unknown.join(' ') || 'all known')

/** Calls the actor with the fewest calls under way. */
function poolOf<I>(actors: readonly Actor<I>[]): <T>(call: (actor: Actor<I>) => ObjectRef<T>) => ObjectRef<T> {
  const underWay = new Map(actors.map((actor) => [actor, 0]))
  return (call) => {
    const [idlest] = [...underWay].sort(([, a], [, b]) => a - b)
    if (idlest === undefined) throw new RangeError('a pool of no actors')
    const [actor] = idlest
    const count = (change: number): void => void underWay.set(actor, (underWay.get(actor) ?? 0) + change)
    const ref = call(actor)
    count(1)
    void mesh.wait([ref]).finally(() => count(-1))
    return ref
  }
}
