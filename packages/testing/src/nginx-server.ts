import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@atelier/embedded-postgres'
import { fetchProgram, type FetchedProgram } from './debian-packages.js'
import { eventually } from './eventually.js'

/**
 * Finds the nginx of this machine, or downloads one from Debian's packages to `node_modules/.cache`.
 *
 * @returns how to start it, or why there is none
 */
export const fetchNginx = (): Promise<FetchedProgram | string> =>
  fetchProgram({
    name: 'nginx',
    path: 'usr/sbin/nginx',
    folder: 'nginx',
    packages: ['nginx', 'libpcre2-8-0', 'libssl3', 'zlib1g', 'libcrypt1'],
  })

/**
 * Starts nginx as an ordinary process on a free port of the loopback.
 *
 * @param inHttp - directives of the `http` block; `PORT` in them is the port to listen on
 */
export async function startNginx(
  { program, libraries }: FetchedProgram,
  inHttp: string,
): Promise<{ url: string; log(): string; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'atelier-nginx-'))
  const port = await freePort()
  mkdirSync(join(folder, 'temporary'))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temporary/${name};`,
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr info;
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${inHttp.replaceAll('PORT', String(port))}
}
`,
  )
  const child = spawn(program, ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...(libraries && { LD_LIBRARY_PATH: libraries }) },
  })
  let log = ''
  child.stderr.on('data', (data: Buffer) => {
    log += String(data)
  })
  const kill = () => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  const url = `http://127.0.0.1:${port}`
  await eventually(
    () => `nginx answers: ${log}`,
    async () => {
      if (child.exitCode !== null) throw new Error(`nginx ended: ${log}`)
      return fetch(url).catch(() => null)
    },
  )
  return {
    url,
    log: () => log,
    stop: async () => {
      process.off('exit', kill)
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
