// For vite.config: task modules in a page's build.

export * from '@murmuration/node-peer/vite'
