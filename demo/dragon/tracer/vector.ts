// A point or direction that is overwritten in place: the inner loop allocates nothing.

export class Vector {
  // Not whole numbers, so that engines keep the fields as doubles from the start.
  x = 0.5
  y = 0.5
  z = 0.5

  set(x: number, y: number, z: number): void {
    this.x = x
    this.y = y
    this.z = z
  }

  setUnit(x: number, y: number, z: number): void {
    const scale = 1 / Math.sqrt(x * x + y * y + z * z)
    this.set(x * scale, y * scale, z * scale)
  }

  copy(other: Vector): void {
    this.set(other.x, other.y, other.z)
  }

  scale(by: number): void {
    this.set(this.x * by, this.y * by, this.z * by)
  }

  dot(other: Vector): number {
    return this.x * other.x + this.y * other.y + this.z * other.z
  }
}

/** Three numbers written down in a scene description: a place, a direction or a colour. */
export type Triple = readonly [number, number, number]

export function difference(a: Triple, b: Triple): Triple {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

export function cross(a: Triple, b: Triple): Triple {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

export function unit(a: Triple): Triple {
  const scale = 1 / Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2])
  return [a[0] * scale, a[1] * scale, a[2] * scale]
}

export function scaled(a: Triple, by: number): Triple {
  return [a[0] * by, a[1] * by, a[2] * by]
}
