import { once, fingerprint } from './fingerprint.mjs'
import { root, runCommand } from './run-command.mjs'

const npm = (args) => process.env.npm_execpath
  ? runCommand(process.execPath, [process.env.npm_execpath, ...args])
  : runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', args)

/** Installs the packages of the lockfile unless that has been done. The second way helps where a mirror lacks a platform's package. */
export async function install() {
  const print = fingerprint([`${root}/package-lock.json`])
  return once(`${root}/node_modules/.atelier-installed`, print, [`${root}/node_modules/typescript`], async () => {
    console.log('Installing packages (once, about half a minute) …')
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    await npm(['ci', ...quiet]).catch(() => npm(['install', '--no-save', ...quiet]))
  })
}
