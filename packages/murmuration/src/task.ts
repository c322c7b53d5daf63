// The door for code that runs inside a task.

export * from '@murmuration/core/task'
