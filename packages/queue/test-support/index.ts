export * from './fetch-redis.js'
export * from './redis-server.js'
