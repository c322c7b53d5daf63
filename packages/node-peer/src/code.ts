// The door for the simulator: Node's way of making code, without the rest of the platform. Nothing here is public.

export { createNodeCode } from './bundle/node-code.ts'
export { mapStack, type Origin } from './bundle/stack-map.ts'
export { createCodeCache, type CodeCache } from './code-url.ts'
export { sha256 } from './sha256.ts'
