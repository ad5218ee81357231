import { accessSync, constants, statfsSync } from 'node:fs'
import { fingerprint, once } from './fingerprint.mjs'
import { root, runCommand } from './run-command.mjs'

/** What the installed packages and the build take on disk, with some room. */
const neededBytes = 1.2e9

const npm = (args) =>
  process.env.npm_execpath
    ? runCommand(process.execPath, [process.env.npm_execpath, ...args])
    : runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)

/**
 * Installs the packages of the lockfile unless that has been done. The second way helps where a mirror lacks a platform's package.
 *
 * @throws Error with code EACCES, EROFS or ENOSPC when that cannot work here
 */
export async function install() {
  const print = fingerprint([`${root}/package-lock.json`])
  return once(`${root}/node_modules/.atelier-installed`, print, [`${root}/node_modules/typescript`], async () => {
    accessSync(root, constants.W_OK)
    const { bavail, bsize } = statfsSync(root)
    if (bavail * bsize < neededBytes) throw Object.assign(new Error('too little disk space'), { code: 'ENOSPC' })
    console.log('Installing packages (once, about half a minute) …')
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    await npm(['ci', ...quiet]).catch(() => npm(['install', '--no-save', ...quiet]))
  })
}
