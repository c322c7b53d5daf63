// A task module that cannot be imported where it should run.

export function square(x: number): number {
  return x * x
}

function setting(name: string): string {
  throw new RangeError(`no such setting: ${name}`, { cause: new Error('no file') })
}

export const tiles = setting('TILES')
