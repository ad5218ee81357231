export * from './folder-store.js'
export * from './object-store.js'
export * from './open-object-store.js'
export * from './s3-store.js'
