/** Where a graph runs. */
export type Device = 'cpu' | 'cuda'
