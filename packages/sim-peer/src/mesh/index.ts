// Real programs and real task functions on a simulated mesh: what users test their jobs with.

export { simulateMesh } from './simulate-mesh.ts'
export type { SimFault, SimReport, SimStage, SimulateOptions, SimulatedMesh } from './simulate-mesh.ts'
