/** What a new conversation can begin with. */
export function Starts() {
  return null
}
