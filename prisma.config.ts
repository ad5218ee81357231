import { defineConfig } from 'prisma/config'

// `prisma generate` needs no engine, but its command line downloads one unless this names a file that exists.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
process.env.CHECKPOINT_DISABLE ??= '1'

// For Prisma's command line alone: Atelier reads its environment in packages/service, and applies migrations itself.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
