export * from './create-bucket.js'
export * from './s3-server.js'
