// One jest run over all workspaces: `npx jest`, `npx jest --selectProjects queue`, `npx jest -t NAME`.
// The tests are compiled by `npm run build`; jest runs them from `dist` as native ES modules.
import { existsSync, readdirSync } from 'node:fs'

// jest's workers inherit these; `workerIdleMemoryLimit` makes jest always use workers, so that `npx jest` needs no flags.
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning --enable-source-maps`

const at = (path) => new URL(path, import.meta.url)
const folders = ['packages', 'apps'].flatMap((parent) => readdirSync(at(parent)).map((name) => `${parent}/${name}`))
const tested = folders.filter((folder) => existsSync(at(`${folder}/test`)))

// The services that the suites of a project share: a file of packages/testing/jest/setup. Other projects need none.
const services = {
  api: 'database-and-redis',
  database: 'database',
  worker: 'database-and-redis',
  queue: 'database-and-redis',
  objects: 's3',
  standalone: 'all',
}

const project = (folder, name = folder.split('/')[1]) => ({
  displayName: name,
  rootDir: `<rootDir>/${folder}`,
  testMatch: [`<rootDir>/${name === 'web' ? 'dist-types' : 'dist'}/test/**/*.test.js`],
  testEnvironment: '<rootDir>/../../packages/testing/jest/one-realm-environment.cjs',
  ...(services[name] && {
    globalSetup: `<rootDir>/../../packages/testing/jest/setup/${services[name]}.js`,
    globalTeardown: '<rootDir>/../../packages/testing/jest/global-teardown.js',
  }),
  // Fastify `require`s these two, and jest cannot `require` an ES module.
  transform: {
    '/node_modules/(cookie|content-disposition)/.+\\.js$': [
      'babel-jest',
      { babelrc: false, configFile: false, plugins: ['@babel/plugin-transform-modules-commonjs'] },
    ],
  },
  transformIgnorePatterns: ['/node_modules/(?!(cookie|content-disposition)/)'],
})

export default {
  projects: tested.map((folder) => project(folder)),
  filter: '<rootDir>/packages/testing/jest/only-current.cjs',
  reporters: [['default', { summaryThreshold: Infinity }], '<rootDir>/packages/testing/jest/count-reporter.js'],
  testTimeout: 300_000,
  maxWorkers: 2,
  workerIdleMemoryLimit: '2GB',
  coverageProvider: 'v8',
}
