// A bank of twenty accounts, and money that moves between them while whoever you like is killed. Start a few peers with
// `murmur up`, then run this in several terminals at once: `murmur run bank.ts 200` makes 200 transfers,
// `murmur run bank.ts 0` looks at what is there. Whatever dies, no money is lost and none is made.

import { joinMesh } from 'murmuration'

const count = Number(process.argv[2] ?? 200)
const accountCount = 20
const opening = 1_000

await using mesh = await joinMesh({ slots: 0 })
const bank = await mesh.use<typeof import('./bank.task.ts')>(new URL('./bank.task.ts', import.meta.url))

// Found by their names, or made: each stays when this program ends, goes on from its checkpoint, and counts each call once.
const accounts = Array.from({ length: accountCount }, (_, nth) =>
  bank.Account.with({
    name: `account ${nth}`,
    getIfExists: true,
    lifetime: 'detached',
    restarts: -1,
    onceOnly: true,
    spread: true,
  }).spawn(opening),
)
const transfer = bank.transfer.with({ retries: -1 })

const any = (): number => Math.floor(Math.random() * accountCount)
const moves = Array.from({ length: count }, () => ({ from: any(), to: any() }))
let made = 0
let done = 0
for await (const isMade of mesh.map(
  moves,
  ({ from, to }) => transfer({ from: accounts[from]!, to: accounts[to]! }, 1 + Math.floor(Math.random() * 100)),
  { ordered: false, ahead: 32 },
)) {
  if (isMade) made++
  if (++done % 20 === 0) console.log(`${done} of ${count}`)
}

const statements = await mesh.get(accounts.map((account) => account.statement()))
const amount = statements.reduce((sum, statement) => sum + statement.amount, 0)
const deposits = statements.reduce((sum, statement) => sum + statement.deposits, 0)
console.log(`${made} of ${count} transfers made; ${accountCount} accounts have ${amount}, after ${deposits} deposits`)
