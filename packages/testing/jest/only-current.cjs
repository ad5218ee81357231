const { existsSync } = require('node:fs')

const source = (path) => path.replace(/([/\\])dist(?:-types)?([/\\]test[/\\].*)\.js$/, '$2.ts')

/** Leaves out compiled tests whose source is gone: `tsc` removes nothing from `dist`. */
module.exports = async (paths) => ({ filtered: paths.filter((path) => existsSync(source(path))) })
