/** Words of the page around everything: frame, signing in, connection, errors. */
export const app = {
  name: 'Atelier',
  opening: 'Opening Atelier …',
  newConversation: 'New conversation',
  untitled: 'Untitled',
  conversations: 'Conversations',
  showList: 'Show conversations',
  hideList: 'Hide conversations',
  close: 'Close',
  partFailed: 'This part of the page failed. What you wrote is kept.',
  partNotLoaded: 'This part of the page could not be loaded. Check the connection, then try again.',
  reload: 'Reload the page',
  dismiss: 'Dismiss',
  cancel: 'Cancel',
  stage: 'Picture',
  thread: 'Conversation',
  reconnecting: 'The connection is lost. Reconnecting …',
  offline: 'You are offline. What you write is kept.',
  reconnected: 'Connected again.',
  notFound: 'Not found',
  missing: 'This conversation does not exist, or it belongs to another key.',
  deleted: 'This conversation was deleted.',
  nothingHere: 'There is nothing at this address.',
  goOnInNew: 'Take the text to a new conversation',
  notCopied: 'This browser did not let the page copy. It does over HTTPS, or on the machine that runs Atelier.',
  skipToComposer: 'Skip to the instruction',
}

/** Words of signing in. */
export const signIn = {
  label: 'Your key',
  placeholder: 'atl_…',
  submit: 'Sign in',
  rejected: 'This key is not valid. Check it, or ask whoever runs this server for one.',
  used: 'This link was used before, or it has expired. Every start of Atelier prints a new one.',
  unreachable: 'Atelier is not responding. Check that it is running, then try again.',
  ended:
    'Your key was revoked or has expired, or this browser was signed out elsewhere. Sign in to go on: what you were writing is kept.',
  out: 'You are signed out.',
  noteBefore: 'This browser then stays signed in for 30 days. On the machine that runs Atelier, use the link that ',
  noteBetween: ' prints, or the key in ',
  noteAfter: '.',
}
