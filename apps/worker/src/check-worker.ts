// For a container's health check: exit code 0 when a worker of this host has reported to the database
// lately and is not unhealthy.
import { hostname } from 'node:os'
import { readEnvironment, workerSettings } from '@atelier/service'
import { openDatabase } from '@atelier/database'

try {
  const database = await openDatabase({ url: workerSettings(readEnvironment()).databaseUrl })
  const workers = await database.admin.workers(30)
  await database.close()
  const mine = workers.find((worker) => worker.hostname === hostname())
  const reason = mine?.unhealthyReason ? `: ${mine.unhealthyReason}` : ''
  console.log(mine ? mine.state + reason : 'no worker of this host has reported within 30 seconds')
  process.exit(mine && mine.state !== 'unhealthy' ? 0 : 1)
} catch (error) {
  console.log(error instanceof Error ? error.message : error)
  process.exit(1)
}
