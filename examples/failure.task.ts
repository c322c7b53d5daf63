// A function with a bug that shows with some inputs only.

export function load(name: string): number[] {
  if (name === 'moon') throw new RangeError(`no tile ${name}`)
  return [name.length]
}

export function merge(tiles: readonly number[][]): number {
  return tiles.flat().length
}
