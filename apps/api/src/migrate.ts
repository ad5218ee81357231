import { migrate } from '@atelier/database'
import { apiSettings, readEnvironment } from '@atelier/service'

// For deployments that bring the database up to date before they start anything: an API process does so itself.
await migrate(apiSettings(readEnvironment()).databaseUrl)
