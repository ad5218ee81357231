/** Words of the frame of the dashboard. */
export const shell = {
  name: 'Atelier admin',
  sections: {
    now: 'Now',
    workers: 'Workers',
    queue: 'Queue',
    owners: 'Owners and keys',
    storage: 'Storage',
    webhooks: 'Webhooks',
    audit: 'Audit log',
  },
  sectionsLabel: 'Sections',
  skip: 'Skip to the content',
  board: 'Bull Board',
  chat: 'Chat',
  signOut: 'Sign out',
  title: (section: string) => `${section} · Atelier admin`,
  looking: 'Looking at your key …',
  needsAdmin: 'This needs an admin key',
  needsAdminText: (name: string) =>
    `You are signed in with the key “${name}”, which may make pictures but not run this server. Sign in with a key that has the scope admin: whoever runs this server can make one, with “npm -s run key -- --name NAME --scope admin” on its machine.`,
  otherKey: 'Sign in with another key',
  nothingHere: 'There is nothing at this address.',
  live: 'Live',
  lost: 'The live connection is lost: what you see may be old. Reconnecting …',
  toNow: 'Back to Now',
}

/** Words that parts of the dashboard share. */
export const parts = {
  loading: 'Reading …',
  old: (why: string) => `${why} Below is what was known before.`,
  more: 'Show more',
  none: '–',
  copy: 'Copy',
  copied: 'Copied.',
  all: 'All',
  actions: 'Actions',
  close: 'Done',
  table: 'Show as a table',
}
