/** Words of the key that this browser is signed in with, and of its limits. */
export const keys = {
  signedInWith: (name: string) => `Signed in with the key “${name}”`,
  title: 'Key',
  beginsWith: (hint: string) => `${hint}…`,
  until: (date: string) => `Signed in here until ${date}`,
  admin: 'Watch and run this server',
  usage: 'In use',
  of: (used: string, limit: string) => `${used} of ${limit}`,
  limits: {
    sessions: 'Conversations',
    images: 'Pictures',
    bytes: 'Storage',
    waiting: 'Waiting for the model',
    running: 'Being made',
    turnsPerSession: 'Turns in the longest conversation',
  },
  full: 'No more room. Delete something first.',
  signOut: 'Sign out',
  signingOut: 'This signs out all tabs of this browser and forgets its drafts.',
}
