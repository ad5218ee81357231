export * from './read-environment.js'
export * from './service-settings.js'
export * from './settings.js'
