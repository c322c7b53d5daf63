// The task of votes.ts, and what says whether two of its results are the same.

/** The area of a quarter of a circle, by throwing darts: a little different each time. */
export function quarter(darts: number): number {
  let inside = 0
  for (let n = 0; n < darts; n++) if (Math.hypot(Math.random(), Math.random()) < 1) inside++
  return inside / darts
}

export function closeEnough(a: number, b: number): boolean {
  return Math.abs(a - b) < 0.01
}
