// Two scripts as text, made when this package is built (scripts/build-scripts.mjs): they run where nothing
// can be imported from.

/** Runs in every worker. */
export const workerScript: string
/** Runs in the frame around the workers. */
export const frameScript: string
