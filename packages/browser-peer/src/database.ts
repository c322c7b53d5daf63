// IndexedDB as promises, as far as it is used here: open, and wait for a transaction to be written.

/** Opens version 1 of it, made of these tables when it is new. Rejects with DOMException. */
export function openDatabase(name: string, tables: readonly string[]): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, 1)
  return new Promise((resolve, reject) => {
    opening.addEventListener('upgradeneeded', () => {
      for (const table of tables) opening.result.createObjectStore(table)
    })
    opening.addEventListener('success', () => resolve(opening.result))
    opening.addEventListener('error', () => reject(opening.error ?? new Error('it did not open')))
    opening.addEventListener('blocked', () => reject(new Error('another tab has another version of it open')))
  })
}

/** Resolves when all of it is written. Rejects with DOMException when none of it is. */
export function written(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('it was not written')))
  })
}

export function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error ?? new Error('it was not read')))
  })
}
