/** Which workspaces the code under `src` of each workspace may import: the arrows of the house, drawn once. */
export const arrows = {
  contracts: [],
  config: ['contracts'],
  lcu: ['contracts'],
  ace: ['contracts'],
  database: ['contracts', 'lcu'],
  queue: ['contracts'],
  objects: ['contracts'],
  client: ['contracts'],
  web: ['contracts', 'client'],
  api: ['contracts', 'config', 'lcu', 'database', 'queue', 'objects'],
  worker: ['contracts', 'config', 'lcu', 'ace', 'database', 'queue', 'objects'],
  local: ['contracts', 'config', 'database', 'queue', 'objects', 'api', 'worker'],
}

/** The one workspace (or few) that may import an outside package. */
export const owners = {
  'onnxruntime-node': ['ace'],
  bullmq: ['queue'],
  ioredis: ['queue'],
  '@prisma/client': ['database'],
  '@prisma/adapter-pg': ['database'],
  '@aws-sdk/client-s3': ['objects'],
  '@aws-sdk/s3-request-presigner': ['objects'],
  fastify: ['api'],
  yauzl: ['api'],
  yazl: ['api'],
  'socket.io': ['api'],
  'socket.io-client': ['client'],
}
