import { io, type Socket } from 'socket.io-client'

/** Where the live connection goes. */
export interface SocketOptions {
  url: string
  token: string
}

/** A connection of its own to the API's Socket.IO; an address with a path is one behind a proxy that adds it. */
export function openSocket({ url, token }: SocketOptions): Socket {
  const { origin, pathname } = new URL(url)
  return io(origin, {
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    auth: { token },
    forceNew: true,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
  })
}
