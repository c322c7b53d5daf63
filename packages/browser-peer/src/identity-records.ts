// The list of identities that an origin keeps in IndexedDB. One transaction both reads the key and counts
// the new life, so that no life is ever used twice, whatever crashes when.

import { openDatabase, written } from './database.ts'

export interface IdentityRecord {
  /** The private key as libp2p writes it. */
  readonly key: Uint8Array
  readonly life: number
}

const table = 'identities'

/** Begins a life of the identity with that number; `fresh` becomes its key when it is new. Rejects with DOMException. */
export async function nextLife(number: number, fresh: Uint8Array): Promise<IdentityRecord> {
  const database = await openDatabase('murmuration', [table])
  try {
    const transaction = database.transaction(table, 'readwrite', { durability: 'strict' })
    const records = transaction.objectStore(table)
    let record: IdentityRecord = { key: fresh, life: 1 }
    const reading: IDBRequest<IdentityRecord | undefined> = records.get(number)
    reading.addEventListener('success', () => {
      const before = reading.result
      if (before) record = { key: before.key, life: before.life + 1 }
      records.put(record, number)
    })
    await written(transaction)
    return record
  } finally {
    database.close()
  }
}
