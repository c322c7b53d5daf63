interface Place {
  readonly depth: number
}

function dig({ depth }: Place): never {
  throw new TypeError(`too deep: ${depth}`)
}

dig({ depth: 3 })
