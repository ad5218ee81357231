import { backups } from './backup.js'
import { cancelStorm, overload, sameKeys } from './callers.js'
import { clocks } from './clocks.js'
import { everyFailpoint } from './failpoints.js'
import { apiKills, rollingRestart, workerKills } from './kills.js'
import { clientLines, postgresLines, queueLines, storeLines } from './lines.js'
import { modelDamage, modelHangs, modelKills } from './model.js'
import { poison } from './poison.js'
import { postgresRestarts } from './postgres.js'
import { queueLoss, redisFull, redisKills } from './queue.js'
import type { Scenario } from './scenario.js'
import { soak } from './soak.js'
import { workerStops } from './stops.js'
import { storeErrors, storeRefuses } from './store.js'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  workerKills,
  workerStops,
  modelKills,
  modelHangs,
  modelDamage,
  apiKills,
  rollingRestart,
  redisKills,
  queueLoss,
  redisFull,
  queueLines,
  postgresRestarts,
  postgresLines,
  storeErrors,
  storeRefuses,
  storeLines,
  cancelStorm,
  sameKeys,
  clientLines,
  overload,
  poison,
  clocks,
  everyFailpoint,
  backups,
  soak,
]
