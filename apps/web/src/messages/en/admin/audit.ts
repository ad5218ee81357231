/** Words of the log of what operators have done. */
export const audit = {
  title: 'What operators have done',
  note: 'An entry is written before the action; nobody can change or delete it, neither here nor by the API.',
  time: 'Time',
  what: 'Action',
  body: 'With',
  who: 'Key and address',
  result: 'Result',
  done: 'Done',
  refused: 'Refused',
  unknown: 'Unknown: the process ended first',
  exports: { csv: 'Export as CSV', ndjson: 'Export as JSON lines' },
  target: 'Done to (an id)',
  by: { key: 'Key', owner: 'Owner', action: 'Action' },
  notAnId: 'A whole id is needed, such as gen_0123456789abcdef.',
  none: 'Nothing has been done yet.',
  noneMatch: 'Nothing that has been done fits these filters.',
}
