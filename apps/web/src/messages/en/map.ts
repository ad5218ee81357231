/** Words of the map. */
export const map = {
  title: 'Map',
  close: 'Close',
  tree: 'Turns of the conversation',
  turn: (instruction: string, state: string) => `${instruction}, ${state}`,
  pictures: (made: number) => (made === 0 ? 'no picture' : made === 1 ? 'one picture' : `${made} pictures`),
  states: { waiting: 'Waiting', failed: 'Failed', cancelled: 'Cancelled' },
  empty: 'This conversation has no turns yet.',
  reading: 'Reading the conversation …',
  counts: (turns: number, branches: number) =>
    `${turns === 1 ? 'One turn' : `${turns} turns`}, ${branches === 1 ? 'one branch' : `${branches} branches`}`,
  shortened: (count: number) => `Only the newest ${count} turns are on the map.`,
}
