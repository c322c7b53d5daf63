// What the schemas of the wire are written with (`#schema`). In Node it is one file, see scripts/bundle-parts.mjs: zod
// loads its sentences in fifty languages, at every start of a peer.

export * from 'zod/mini'
