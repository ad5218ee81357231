import type { ApiDependencies } from './dependencies.js'
import type { SessionHub } from './live/session-hub.js'
import type { Presenter } from './presenter.js'

/** What routes and sockets use: the dependencies and what is made of them once. */
export interface ApiContext extends ApiDependencies {
  presenter: Presenter
  hub: SessionHub
}
