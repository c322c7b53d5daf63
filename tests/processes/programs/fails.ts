// A program whose task fails, and which does not leave its mesh.

import { joinMesh } from 'murmuration'

const mesh = await joinMesh({ entry: [], slots: 1 })
const divide = mesh.fn(function divide(a: number, b: number): number {
  if (b === 0) throw new RangeError('division by zero', { cause: new Error(`dividing ${a}`) })
  return a / b
})
await divide(1, 0).get()
