import { accessSync, constants, readFileSync, statfsSync } from 'node:fs'
import { root, runCommand } from './run-command.mjs'

/** What the installed packages and the build take on disk, with some room. */
const neededBytes = 1.2e9

const npm = (...args) => {
  const all = [...args, '--no-audit', '--no-fund', '--loglevel=error']
  if (process.env.npm_execpath) return runCommand(process.execPath, [process.env.npm_execpath, ...all])
  return runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', all)
}

function packagesOf(lockfile) {
  try {
    return JSON.parse(readFileSync(`${root}/${lockfile}`, 'utf8')).packages
  } catch {
    return {}
  }
}

/** How many packages of the lockfile are not installed in their version. npm notes at its end what it has installed. */
function countMissing(dev) {
  const installed = packagesOf('node_modules/.package-lock.json')
  const wanted = Object.entries(packagesOf('package-lock.json')).filter(
    ([path, entry]) => path.startsWith('node_modules/') && !entry.optional && !entry.devOptional && (dev || !entry.dev),
  )
  return wanted.filter(([path, { version }]) => installed[path]?.version !== version).length
}

/**
 * Installs the packages of the lockfile that are missing.
 *
 * @param options.dev - also those that only testing and checking need
 * @throws Error with code EACCES, EROFS or ENOSPC when that cannot work here
 */
export async function install({ dev }) {
  if (!countMissing(dev)) return
  accessSync(root, constants.W_OK)
  const { bavail, bsize } = statfsSync(root)
  if (bavail * bsize < neededBytes) throw Object.assign(new Error('too little disk space'), { code: 'ENOSPC' })
  const omit = dev ? [] : ['--omit=dev']
  console.log(dev ? 'Installing packages, those for tests too …' : 'Installing packages (once, about half a minute) …')
  // `npm ci` begins anew, `npm install` adds what is missing; it also helps where a mirror lacks another platform's package.
  const complete = () => npm('install', '--no-save', ...omit)
  await (dev && !countMissing(false) ? complete() : npm('ci', ...omit).catch(complete))
}
