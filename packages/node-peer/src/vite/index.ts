// The public door for Vite's configuration.

export { murmuration } from './plugin.ts'
export type { MurmurationPlugin } from './plugin.ts'
