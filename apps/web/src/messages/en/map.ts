/** Words of the map. */
export const map = {
  title: 'Map',
  close: 'Close',
  help: 'Every turn of this conversation, oldest at the top. Choose one to go on from there.',
  tree: 'Turns of the conversation',
  turn: (instruction: string, made: number) =>
    `${instruction}, ${made === 0 ? 'no picture' : made === 1 ? 'one picture' : `${made} pictures`}`,
  here: 'You are here',
  empty: 'This conversation has no turns yet.',
  reading: 'Reading the conversation …',
  counts: (turns: number, branches: number) =>
    `${turns === 1 ? 'One turn' : `${turns} turns`}, ${branches === 1 ? 'one branch' : `${branches} branches`}`,
  shortened: (count: number) => `Only the newest ${count} turns are on the map.`,
}
