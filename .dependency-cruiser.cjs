// The arrows of the house, checked by `npm run arrows`: who may import whom, and who owns each outside package.
const inside = {
  contracts: [],
  service: ['contracts'],
  conversation: ['contracts'],
  pictures: ['contracts'],
  text: ['contracts'],
  'embedded-postgres': [],
  ace: ['contracts', 'service', 'pictures', 'text'],
  database: ['contracts', 'service', 'conversation'],
  queue: ['contracts', 'service'],
  objects: ['contracts', 'service'],
  client: ['contracts'],
  web: ['contracts', 'client'],
  api: ['contracts', 'service', 'conversation', 'pictures', 'text', 'database', 'queue', 'objects'],
  worker: ['contracts', 'service', 'conversation', 'pictures', 'ace', 'database', 'queue', 'objects'],
  standalone: ['contracts', 'service', 'database', 'embedded-postgres', 'api', 'worker'],
  'model-tools': ['contracts', 'service', 'conversation', 'ace', 'database', 'queue', 'client', 'embedded-postgres'],
  faults: ['contracts', 'service', 'database', 'queue', 'objects', 'client', 'embedded-postgres', 'testing'],
  testing: ['embedded-postgres'],
}

const owners = {
  'onnxruntime-(node|common)': ['ace'],
  '@huggingface/tokenizers': ['text'],
  bullmq: ['queue'],
  ioredis: ['queue'],
  '@prisma/(client|adapter-pg)': ['database'],
  pg: ['database', 'queue', 'embedded-postgres', 'testing', 'faults'],
  '@aws-sdk/[^/]+': ['objects'],
  sharp: ['pictures', 'ace'],
  pino: ['service'],
  fastify: ['api'],
  '@fastify/[^/]+': ['api'],
  yauzl: ['api'],
  yazl: ['api'],
  'socket\\.io': ['api'],
  'socket\\.io-client': ['client'],
  react: ['web', 'client'],
  'react-dom': ['web'],
  'radix-ui|lucide-react|sonner|virtua|wouter|@tanstack/[^/]+': ['web'],
  'react-(dropzone|compare-slider|zoom-pan-pinch)|perfect-freehand': ['web'],
}

const folder = (names) => `^(packages|apps)/(${names.join('|')})/`
const sources = (names) => `^(packages|apps)/(${names.join('|')})/src/`

const arrows = Object.entries(inside).map(([name, allowed]) => ({
  name: `${name}-imports-only`,
  comment: `The code of ${name} may import ${allowed.length ? allowed.join(', ') : 'no other workspace'}.`,
  severity: 'error',
  from: { path: sources([name]) },
  to: { path: '^(packages|apps)/', pathNot: folder([name, ...allowed]) },
}))

const ownership = Object.entries(owners).map(([outside, names]) => ({
  name: `only-${names.join('-and-')}-knows-${outside.replace(/\W+/g, '-').replace(/^-/, '')}`,
  comment: `Only ${names.join(' and ')} may import ${outside.replaceAll('\\', '')}.`,
  severity: 'error',
  from: { path: '^(packages|apps)/[^/]+/src/', pathNot: sources(names) },
  to: { path: `(^|/)node_modules/(@types/)?(${outside})(/|$)` },
}))

module.exports = {
  forbidden: [
    {
      name: 'no-circle',
      comment: 'No file imports itself by way of others, not even for a type.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-way-around-exports',
      comment: 'Another workspace is reached by its exports alone.',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/[^/]+/(src|test)/', pathNot: '^(packages|apps)/$2/' },
    },
    {
      name: 'sources-know-no-tests',
      comment: 'Code does not import tests.',
      severity: 'error',
      from: { path: '^(packages|apps)/[^/]+/src/' },
      to: { path: '^(packages|apps)/[^/]+/test/' },
    },
    {
      name: 'resolvable',
      comment: 'Every import resolves.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@embedded-postgres/|^node:|generated/' },
    },
    ...arrows,
    ...ownership,
  ],
  options: {
    babelConfig: { fileName: '.dependency-cruiser-imports.cjs' },
    combinedDependencies: true,
    includeOnly: '^(packages|apps)/|node_modules/',
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/src/generated/|/bootstrap/|/jest/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.d.ts'],
    },
  },
}
