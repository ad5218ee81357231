import { defineConfig } from 'prisma/config'

// For the Prisma command line only; Atelier itself reads its environment in packages/config and applies migrations by itself.
export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? '' },
})
