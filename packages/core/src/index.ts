// The public door: what users of any platform may import. Platforms add `joinMesh`.

export { isMeshError, MeshError } from './errors.ts'
export type { MeshErrorCode, MeshErrorDetails } from './errors.ts'
export type { Job, JobOptions } from './job.ts'
export type {
  Counts,
  ActorFilter,
  ActorInfo,
  JobFilter,
  JobInfo,
  ListOptions,
  ObjectFilter,
  ObjectInfo,
  PeerFilter,
  PeerInfo,
  TaskFilter,
  TaskInfo,
} from './looking-in.ts'
export type { ListenOptions, Mesh } from './mesh.ts'
export type { Preset } from './model/config.ts'
export type { Notice } from './model/events.ts'
export type { StoryLine } from './story.ts'
export type { Summary, TaskCounts } from './summary.ts'
export * from './types.ts'
