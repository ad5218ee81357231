/** Words of the section of storage. */
export const storage = {
  stored: 'Stored',
  kinds: { generated: 'Generated', uploaded: 'Uploaded', mask: 'Masks' },
  amount: (pictures: string, bytes: string) => `${pictures} · ${bytes}`,
  total: 'In all',
  byOwner: 'By owner',
  retention: 'Retention',
  retentionNote: 'Set by RETENTION_DAYS and HOUSEKEEPING where the API is started; it cannot be changed here.',
  sessionsAre: 'Conversations',
  keptForGood: 'Kept for good',
  keptFor: (days: number) =>
    days === 1 ? 'Deleted a day after their last change' : `Deleted ${days} days after their last change`,
  housekeeping: 'Housekeeping',
  modes: {
    off: 'Off: nothing is deleted by itself',
    report: 'Reports to the log what it would delete',
    delete: 'Deletes by itself',
  },
  lastRun: 'Last round',
  never: 'Never',
  orphans: 'Orphans',
  orphansNote:
    'Files that no picture refers to, left by a process that died at the wrong moment. Looking deletes nothing. Files of the last hour are left alone: their row may be about to be written.',
  look: 'Look for orphans',
  notLooked: 'Not looked for yet.',
  noOrphans: (files: string) => `None among ${files} files.`,
  found: (orphans: string, bytes: string, files: string) => `${orphans} of ${files} files are orphans: ${bytes}.`,
  showKeys: (count: number) => `Show the first ${count}`,
  deleteOrphans: 'Delete orphans',
  deleteTitle: (count: string) => `Delete ${count} orphans?`,
  deleteText: (bytes: string) =>
    `This frees ${bytes}. It looks again first and deletes only what no picture refers to then. It cannot be taken back.`,
  deleted: (count: string) => `${count} files were deleted.`,
}
