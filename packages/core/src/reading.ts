// The door for platforms to what reads functions and modules: a parser and a scope analysis, which are an eighth of
// all that a page is made of. Apart from the other door, so that a page can become a peer before it has them.

export * from './runtime/fn-source.ts'
export { constantsOf } from './runtime/module-constants.ts'
export { tiesByName } from './runtime/module-names.ts'
