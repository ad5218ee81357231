import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '@atelier/embedded-postgres'
import { childEnvironment } from '@atelier/service'
import { eventually } from '@atelier/testing/eventually'
import type { FetchedProgram } from '@atelier/testing/redis-server'
import { endWithSuite } from './end-with-suite.js'

/** A Redis server with an append-only file, as docs/install.md asks for, that can be killed and started again. */
export class RedisPart {
  private child: ChildProcess | undefined

  private constructor(
    private readonly program: FetchedProgram,
    private readonly directory: string,
    readonly port: number,
  ) {}

  /** @param directory - made when missing */
  static async open(program: FetchedProgram, directory: string): Promise<RedisPart> {
    mkdirSync(directory, { recursive: true })
    const part = new RedisPart(program, directory, await freePort())
    endWithSuite(() => part.child?.kill('SIGKILL'))
    await part.start()
    return part
  }

  async start(): Promise<void> {
    const log = openSync(join(this.directory, 'log'), 'a')
    this.child = spawn(
      this.program.program,
      [
        '--port',
        String(this.port),
        '--bind',
        '127.0.0.1',
        '--dir',
        this.directory,
        '--save',
        '',
        '--appendonly',
        'yes',
        '--appendfsync',
        'everysec',
        '--maxmemory-policy',
        'noeviction',
      ],
      {
        stdio: ['ignore', log, log],
        env: childEnvironment(this.program.libraries ? { LD_LIBRARY_PATH: this.program.libraries } : {}),
      },
    )
    closeSync(log)
    await eventually('Redis answers', async () => (await this.command('PING').catch(() => '')) === 'PONG', 30_000)
  }

  async kill(): Promise<void> {
    const { child } = this
    this.child = undefined
    if (!child) return
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }

  /** Sends one command that is answered with a line or a bulk string. @throws Error with what Redis says */
  command(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1')
      const request = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
      socket.setTimeout(5_000, () => socket.destroy(new Error('Redis does not answer')))
      socket.on('error', reject)
      // also without an error, and without an answer
      socket.on('close', () => reject(new Error('Redis closed the connection')))
      let answer = ''
      socket.on('data', (data) => {
        answer += String(data)
        if (!answer.endsWith('\r\n')) return
        socket.destroy()
        if (answer.startsWith('-')) reject(new Error(answer.slice(1).trim()))
        else resolve(answer.startsWith('$') ? answer.slice(answer.indexOf('\r\n') + 2, -2) : answer.slice(1).trim())
      })
      socket.write(`*${words.length}\r\n${request.join('')}`)
    })
  }
}
