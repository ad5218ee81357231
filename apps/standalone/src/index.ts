export * from './data-folder.js'
export * from './main.js'
export * from './start-error.js'
export * from './start-standalone.js'
