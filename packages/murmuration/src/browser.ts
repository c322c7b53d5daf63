// What users import where a bundler builds for browsers. No code of its own.

export * from '@murmuration/browser-peer'
