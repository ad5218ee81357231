import { keptUnder } from '../app/address.js'

const place = `${keptUnder}.files`
/** Names beyond this are forgotten, the oldest first. */
const maxNames = 500

let names: Map<string, string> | undefined

function read(): Map<string, string> {
  try {
    return (names ??= new Map(JSON.parse(localStorage.getItem(place) ?? '[]') as [string, string][]))
  } catch {
    return (names = new Map())
  }
}

/** What the file of an uploaded picture was called, if it was uploaded in this browser; the server does not know. */
export const fileNameOf = (imageId: string): string | undefined => read().get(imageId)

/** Keeps the name of a file in this browser. */
export function rememberFileName(imageId: string, name: string): void {
  const all = read().set(imageId, name.trim().slice(0, 100))
  while (all.size > maxNames) all.delete(all.keys().next().value!)
  try {
    localStorage.setItem(place, JSON.stringify([...all]))
  } catch {
    // A browser without room: the name lives as long as the page.
  }
}

/** Lets go of what this page holds of them. */
export function dropFileNames(): void {
  names = undefined
}

/** Forgets all of them: for signing out. */
export function forgetFileNames(): void {
  dropFileNames()
  localStorage.removeItem(place)
}
