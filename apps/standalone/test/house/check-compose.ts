import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

const text = z.string().min(1)
const words = z.array(text).min(1)
const environment = z.record(text, z.string())
const service = z.strictObject({
  image: text.regex(/:v?\d+\.\d+/, 'must name an exact version'),
  build: z.strictObject({ context: z.literal('..'), dockerfile: text }).optional(),
  user: text.optional(),
  command: words.optional(),
  profiles: words.optional(),
  restart: z.enum(['unless-stopped', 'on-failure']),
  read_only: z.literal(true).optional(),
  cap_drop: z.tuple([z.literal('ALL')]).optional(),
  security_opt: words.optional(),
  tmpfs: z.array(text).optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  environment,
  volumes: z.array(text.regex(/^([a-z]+|\$\{MODELS:-\.\.\/models\}):\/[\w/]+(:ro)?$/)).optional(),
  ports: z.array(text.startsWith('127.0.0.1:', 'must be on the loopback address')).optional(),
  healthcheck: z
    .union([
      z.strictObject({ test: words, interval: text, timeout: text, retries: z.int() }),
      z.strictObject({ disable: z.literal(true) }),
    ])
    .optional(),
  deploy: z
    .strictObject({
      resources: z.strictObject({
        reservations: z.strictObject({
          devices: z.array(z.strictObject({ driver: text, count: z.int(), capabilities: words })),
        }),
      }),
    })
    .optional(),
  depends_on: z
    .record(
      text,
      z.strictObject({
        condition: z.enum(['service_started', 'service_healthy', 'service_completed_successfully']),
      }),
    )
    .optional(),
})
const composeSchema = z.strictObject({
  name: text,
  'x-service': z.unknown(),
  'x-settings': z.unknown(),
  'x-ready': z.unknown(),
  services: z.record(text, service),
  volumes: z.record(text, z.null()),
})

/**
 * What is wrong with a compose file of the form used here, one sentence each.
 *
 * @param yaml - its contents
 * @param known - names of the settings of `packages/service`, and their defaults
 * @param root - the repository
 * @param example - contents of `env.example`: every variable without a default must stand there
 */
export function checkCompose(yaml: string, known: readonly string[], root: string, example: string): string[] {
  const { data, error } = composeSchema.safeParse(parse(yaml, { merge: true }))
  if (error) return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  const wrong: string[] = []
  for (const [name, one] of Object.entries(data.services)) {
    const own = one.image.startsWith('atelier-')
    const foreign = own ? Object.keys(one.environment).filter((variable) => !known.includes(variable)) : []
    wrong.push(...foreign.map((variable) => `${name}: ${variable} is no setting of packages/service.`))
    if (own && !one.read_only) wrong.push(`${name}: its root can be written.`)
    if (own !== Boolean(one.build)) wrong.push(`${name}: an image of ours is built, another one is not.`)
    if (one.build && !existsSync(join(root, one.build.dockerfile)))
      wrong.push(`${name}: ${one.build.dockerfile} does not exist.`)
    if (name === 'api' && (one.tmpfs?.length || !one.volumes?.some((volume) => volume.endsWith(':/tmp'))))
      wrong.push(`${name}: uploads are kept in /tmp, which must be a volume and no memory.`)
    if (!own && !one.healthcheck) wrong.push(`${name}: has no health check.`)
    for (const [other, { condition }] of Object.entries(one.depends_on ?? {})) {
      const needed = data.services[other]
      if (!needed) wrong.push(`${name}: depends on ${other}, which does not exist.`)
      else if (condition === 'service_healthy' && needed.healthcheck && 'disable' in needed.healthcheck)
        wrong.push(`${name}: ${other} has no health check to wait for.`)
    }
    for (const volume of one.volumes ?? []) {
      const source = volume.split(':')[0]!
      if (/^[a-z]+$/.test(source) && !(source in data.volumes))
        wrong.push(`${name}: the volume ${source} is not declared.`)
    }
  }
  const asked = new Set([...yaml.matchAll(/(?<!\$)\$\{(\w+):\?/g)].map(([, variable]) => variable!))
  const offered = [...example.matchAll(/^(\w+)=$/gm)].map(([, variable]) => variable!)
  for (const variable of asked)
    if (!offered.includes(variable)) wrong.push(`${variable} is asked for, but not in infra/env.example.`)
  for (const variable of offered)
    if (!asked.has(variable)) wrong.push(`${variable} is in infra/env.example, but nobody asks for it.`)
  for (const [, variable] of yaml.matchAll(/(?<!\$)\$\{(\w*(?:PASSWORD|SECRET|ACCESS_KEY)\w*)(?!\w|:\?)/g))
    wrong.push(`${variable} is a secret and may be left out.`)
  return wrong
}
