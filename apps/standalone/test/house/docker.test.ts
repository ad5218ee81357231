import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from '@jest/globals'
import { environmentSchema } from '@atelier/service'
import { root } from '../start-stack.js'
import { checkCompose } from './check-compose.js'
import { checkDockerfile, instructionsOf, readIgnore } from './check-dockerfile.js'
import { collect } from './collect.js'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const isIgnored = readIgnore(read('.dockerignore'))
const files = readdirSync(join(root, 'docker')).filter((name) => name.endsWith('Dockerfile'))
const known = Object.keys(environmentSchema.shape)
const compose = read('infra/compose.yaml')
const composeProblems = (yaml: string) => checkCompose(yaml, known, root, read('infra/env.example'))

describe('docker/ and infra/', () => {
  it('has three images without a fault', () => {
    assert.deepEqual(files.sort(), ['api.Dockerfile', 'worker-cuda.Dockerfile', 'worker.Dockerfile'])
    for (const file of files) assert.deepEqual(checkDockerfile(read(`docker/${file}`), root, isIgnored), [], file)
  })

  it('sets only settings that exist', () => {
    for (const file of files) {
      const set = instructionsOf(read(`docker/${file}`))
        .filter(({ name }) => name === 'ENV')
        .flatMap(({ text }) => text.split(' ').map((pair) => pair.split('=')[0]!))
      assert.deepEqual(
        set.filter((name) => name !== 'NODE_ENV' && !known.includes(name)),
        [],
        file,
      )
    }
  })

  it('names the version of package.json in every image, in compose and in the chart', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string }
    const found = ['infra/compose.yaml', 'infra/helm/atelier/values.yaml', 'infra/helm/atelier/Chart.yaml']
      .concat(files.map((file) => `docker/${file}`))
      .flatMap((path) => {
        const named = read(path).matchAll(/(?:image: atelier-[\w-]+:|^(?:appVersion|version): |image\.version=)(\S+)/gm)
        return Array.from(named, ([, name]) => `${path} ${name}`)
      })
    assert.equal(found.length, 11, found.join('\n'))
    assert.deepEqual(
      found.filter((line) => !line.endsWith(` ${version}`)),
      [],
    )
  })

  it('has a compose file without a fault', () => assert.deepEqual(composeProblems(compose), []))

  it('sends neither secrets nor installed packages to the build', () => {
    for (const path of [
      'infra/.env',
      '.env',
      '.git/config',
      'node_modules/zod/index.js',
      'apps/api/dist/src/server.js',
      'models/ace-mini/manifest.json',
      'ml/README.md',
    ])
      assert.ok(isIgnored(path), path)
    for (const path of ['apps/api/src/server.ts', 'package.json', 'docker/production-files.mjs'])
      assert.ok(!isIgnored(path), path)
  })

  it('finds faults in a Dockerfile', () => {
    const faults = (text: string) => checkDockerfile(text, root, isIgnored)
    const good = 'FROM node:22.21.1-slim\nUSER node\nHEALTHCHECK CMD true\nCMD ["node"]\n'
    assert.deepEqual(faults(good), [])
    const cases: [string, string, RegExp][] = [
      [':22.21.1-slim', ':latest', /moving tag/],
      [':22.21.1-slim', '', /no exact version/],
      ['USER node\n', '', /as root/],
      ['USER node', 'USER root', /as root/],
      ['HEALTHCHECK CMD true\n', '', /no HEALTHCHECK/],
      ['USER', 'COPY nowhere ./\nUSER', /no such file/],
      ['USER', 'COPY models ./\nUSER', /keeps it out/],
      ['USER', 'COPY --from=build /a ./\nUSER', /no stage before/],
    ]
    for (const [from, to, fault] of cases) assert.match(faults(good.replace(from, to)).join('\n'), fault, to)
  })

  it('finds faults in a compose file', () => {
    const cases: [string, string, RegExp][] = [
      ['redis:7.4.6-bookworm', 'redis:latest', /exact version/],
      ['127.0.0.1:7070:7070', '7070:7070', /loopback/],
      ['DEFAULT_MODEL:', 'DEFALT_MODEL:', /DEFALT_MODEL is no setting/],
      ['docker/worker.Dockerfile', 'docker/w.Dockerfile', /does not exist/],
      ['REDIS_PASSWORD:?set it in infra/.env', 'REDIS_PASSWORD:-redis', /is a secret/],
      ['  database:\n', '', /not declared/],
      ['services:', 'servces:', /services/],
      ['  bucket: {', '  buckets: {', /buckets, which does not exist/],
      ['    tmpfs: []\n', '', /api: uploads .* no memory/],
      ['uploads:/tmp', 'uploads:/uploads', /api: uploads .* no memory/],
    ]
    for (const [from, to, fault] of cases) {
      assert.ok(compose.includes(from), from)
      assert.match(composeProblems(compose.replace(from, to)).join('\n'), fault, to)
    }
  })

  it('collects the files of production, and nothing of tests', () => {
    for (const name of ['api', 'worker'] as const) {
      const folder = mkdtempSync(join(tmpdir(), 'atelier production '))
      try {
        collect(name, folder)
        const found = readdirSync(folder, { recursive: true }) as string[]
        assert.ok(found.includes(`apps/${name}/dist/src/server.js`))
        assert.deepEqual(
          found.filter((path) => /\.(d\.ts|map|ts)$|\/test(-support)?\//.test(path)),
          [],
        )
        assert.equal(existsSync(join(folder, 'apps/web/dist/index.html')), name === 'api')
        assert.equal(existsSync(join(folder, 'packages/ace/dist')), name === 'worker')
      } finally {
        rmSync(folder, { recursive: true })
      }
    }
  })
})
