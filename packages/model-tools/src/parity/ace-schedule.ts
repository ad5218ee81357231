import { linearSchedule, type NoiseSchedule } from '../scheduler/noise-schedule.js'

/** The schedule of the published models, which the golden files use. */
export const aceSchedule = (): NoiseSchedule => linearSchedule({ trainSteps: 1000, betaStart: 1e-4, betaEnd: 0.02 })
