import { apiKills, modelKills, rollingRestart, workerKills } from './kills.js'
import type { Scenario } from './scenario.js'
import { workerStops } from './stops.js'

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [workerKills, workerStops, modelKills, apiKills, rollingRestart]
