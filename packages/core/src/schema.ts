// What the schemas of the wire are written with (`#schema`). In Node it is one file, see scripts/bundle-parts.mjs: zod
// loads its sentences in fifty languages, and each worker would wait for them.

export * from 'zod/mini'
