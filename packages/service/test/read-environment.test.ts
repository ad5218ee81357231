import assert from 'node:assert/strict'
import { describe, it } from '@jest/globals'
import { apiSettings, EnvironmentError, readEnvironment } from '../src/index.js'

const service = {
  DATABASE_URL: 'postgres://u:p@localhost/d',
  OBJECTS_DIRECTORY: '/o',
  URL_SIGNING_SECRET: 's'.repeat(32),
}

describe('readEnvironment', () => {
  it('has defaults for optional variables', () => {
    const env = readEnvironment({})
    assert.equal(env.HOST, '127.0.0.1')
    assert.equal(env.PORT, 8080)
    assert.deepEqual(env.CORS_ORIGINS, [])
  })

  it('names every invalid variable, never its value', () => {
    assert.throws(
      () => readEnvironment({ PORT: 'eighty', DATABASE_URL: 'mysql://user:secret@x' }),
      (error: Error) =>
        error instanceof EnvironmentError &&
        /PORT/.test(error.message) &&
        /DATABASE_URL/.test(error.message) &&
        !/secret|eighty/.test(error.message),
    )
  })

  it('reads where a proxy shows the service and which proxies to believe', () => {
    assert.equal(readEnvironment({}).BASE_PATH, '')
    for (const path of ['/a/b', '/a/b/']) assert.equal(readEnvironment({ BASE_PATH: path }).BASE_PATH, '/a/b')
    assert.equal(readEnvironment({ BASE_PATH: '/' }).BASE_PATH, '')
    for (const path of ['a', '//evil.example', '/a b', '/"><script>', '/a?b'])
      assert.throws(() => readEnvironment({ BASE_PATH: path }), /BASE_PATH: must be a path/, path)
    assert.deepEqual(readEnvironment({ TRUST_PROXY: '127.0.0.1, 10.0.0.0/8,fd00::/8' }).TRUST_PROXY, [
      '127.0.0.1',
      '10.0.0.0/8',
      'fd00::/8',
    ])
    for (const list of ['true', 'proxy.example', '0.0.0.0/0', '::/0', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/'])
      assert.throws(() => readEnvironment({ TRUST_PROXY: list }), /TRUST_PROXY: must be/, list)
  })

  it('reads which parts of a model to keep in memory', () => {
    const all = ['text-encoder', 'denoiser', 'vae-encoder', 'vae-decoder']
    assert.deepEqual(readEnvironment({}).RESIDENT, all)
    assert.deepEqual(readEnvironment({ RESIDENT: 'none' }).RESIDENT, [])
    assert.deepEqual(readEnvironment({ RESIDENT: 'denoiser, vae-decoder' }).RESIDENT, ['denoiser', 'vae-decoder'])
    assert.throws(
      () => readEnvironment({ RESIDENT: 'denoiser,t5' }),
      /RESIDENT: must be all, none, or a comma-separated list of text-encoder/,
    )
  })

  it('takes the defaults of a command before its own, and what is set before both', () => {
    const level = (source: Record<string, string>) => readEnvironment(source, { LOG_LEVEL: 'warn' }).LOG_LEVEL
    assert.deepEqual([level({}), level({ LOG_LEVEL: '' }), level({ LOG_LEVEL: 'info' })], ['warn', 'warn', 'info'])
  })

  it('treats an empty variable as not set', () => assert.equal(readEnvironment({ PORT: '' }).PORT, 8080))
})

describe('apiSettings', () => {
  it('puts the queue on the database by default', () => {
    assert.equal(apiSettings(readEnvironment(service)).queue.url, service.DATABASE_URL)
    assert.equal(
      apiSettings(readEnvironment({ ...service, QUEUE_URL: 'redis://localhost' })).queue.url,
      'redis://localhost',
    )
  })

  it('requires a database and a place for objects', () => {
    assert.throws(() => apiSettings(readEnvironment({ ...service, DATABASE_URL: undefined })), EnvironmentError)
    assert.throws(() => apiSettings(readEnvironment({ DATABASE_URL: service.DATABASE_URL })), EnvironmentError)
  })

  it('prefers a bucket to a folder', () => {
    const settings = apiSettings(
      readEnvironment({ ...service, S3_BUCKET: 'pictures', S3_ENDPOINT: 'http://localhost:9000' }),
    )
    assert.deepEqual(settings.objects, {
      kind: 's3',
      bucket: 'pictures',
      endpoint: 'http://localhost:9000',
      region: 'us-east-1',
    })
  })
})
