// The public door of Murmuration for pages.

export { joinMesh } from './join-mesh.ts'
export type { JoinOptions } from './options.ts'
export * from '@murmuration/core'
