export * from './build-lcu.js'
export * from './history-window.js'
export * from './indicator.js'
export * from './mentions.js'
