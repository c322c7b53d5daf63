import { describe, expect, test } from 'vitest'
import type { PeerId } from '../../src/model/ids.ts'
import { Joining, type Knocked } from '../../src/runtime/joining.ts'
import { DialError, type Transport } from '../../src/runtime/ports.ts'

/** `closed` refuses; `far` cannot be reached; from `silent` there is never an answer. */
const find = (address: string, signal: AbortSignal): Promise<PeerId> =>
  new Promise((_, reject) => {
    if (address === 'silent') return signal.addEventListener('abort', () => reject(signal.reason as Error))
    const refused = address.startsWith('closed')
    reject(new DialError(refused ? `nobody listens at ${address}` : `no way to ${address}`, { refused }))
  })
const joining = new Joining({
  self: 'me' as PeerId,
  transport: { find } as Partial<Transport> as Transport,
  dial: () => Promise.resolve(),
})

describe('when nobody can be reached', () => {
  test.each<[string[], Knocked]>([
    [['closed'], { said: 'nobody listens at closed', refused: true }],
    [['closed', 'far'], { said: 'nobody listens at closed; no way to far', refused: false }],
  ])('by the first knock at each of %j, joining may be given up', async (addresses, expected) => {
    const heard: Knocked[] = []
    const goOn = (knocked: Knocked): boolean => heard.push(knocked) === 0
    await expect(joining.join({ addresses, timeoutMs: 60_000, goOn })).rejects.toMatchObject({
      code: 'ENTRY_UNREACHABLE',
    })
    expect(heard).toEqual([expected])
  })

  test('it is asked once, and goes on until its time is up', async () => {
    let asked = 0
    const goOn = (): boolean => ++asked > 0
    await expect(joining.join({ addresses: ['closed'], timeoutMs: 350, goOn })).rejects.toMatchObject({
      code: 'ENTRY_UNREACHABLE',
    })
    expect(asked).toBe(1)
  })

  test('who never answered is named as well', async () => {
    const join = joining.join({ addresses: ['silent', 'far'], timeoutMs: 50 })
    await expect(join).rejects.toThrow(/silent \(no answer\), far \(no way to far\)/)
  })
})
