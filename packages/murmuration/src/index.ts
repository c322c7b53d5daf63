// What users import: Murmuration on the platform they are on. No code of its own.

export * from '@murmuration/node-peer'
