import { app, signIn } from './en/app.js'
import { composer } from './en/composer.js'
import { conversation } from './en/conversation.js'
import { conversations } from './en/conversations.js'
import { details } from './en/details.js'
import { errors, trouble } from './en/errors.js'
import { frame } from './en/frame.js'
import { keys } from './en/keys.js'
import { map } from './en/map.js'
import { mask } from './en/mask.js'
import { settings } from './en/settings.js'
import { shortcuts } from './en/shortcuts.js'
import { starts } from './en/starts.js'
import { stage } from './en/stage.js'

/** Every word that people read, in English, by the part of the page that says it. */
export const en = {
  app,
  signIn,
  conversation,
  conversations,
  composer,
  settings,
  shortcuts,
  starts,
  stage,
  mask,
  frame,
  details,
  map,
  keys,
  errors,
  trouble,
}

/** What a translation has to have: a file beside this one that exports a `Messages`. */
export type Messages = typeof en
