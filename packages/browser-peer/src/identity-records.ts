// The list of identities that an origin keeps in IndexedDB. One transaction both reads the key and counts
// the new life, so that no life is ever used twice, whatever crashes when.

export interface IdentityRecord {
  /** The private key as libp2p writes it. */
  readonly key: Uint8Array
  readonly life: number
}

const databaseName = 'murmuration'
const table = 'identities'

/** Begins a life of the identity with that number; `fresh` becomes its key when it is new. Rejects with DOMException. */
export async function nextLife(number: number, fresh: Uint8Array): Promise<IdentityRecord> {
  const database = await open()
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
    await new Promise<void>((resolve, reject) => {
      transaction.addEventListener('complete', () => resolve())
      transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('it was not written')))
    })
    return record
  } finally {
    database.close()
  }
}

function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(databaseName, 1)
  return new Promise((resolve, reject) => {
    opening.addEventListener('upgradeneeded', () => opening.result.createObjectStore(table))
    opening.addEventListener('success', () => resolve(opening.result))
    opening.addEventListener('error', () => reject(opening.error ?? new Error('it did not open')))
    opening.addEventListener('blocked', () => reject(new Error('another tab has an older version of it open')))
  })
}
