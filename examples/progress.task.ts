// A task that says how far it is. What it logs is printed by the program that asked for it, wherever it runs.

import { task } from 'murmuration/task'

export function train(rows: readonly number[]): number {
  let weight = 0
  for (const [i, row] of rows.entries()) {
    weight += row / rows.length
    task.progress((i + 1) / rows.length, `row ${i + 1}`)
  }
  task.log(`trained with ${rows.length} rows`)
  return weight
}
