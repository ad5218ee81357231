// For tests that hold other parts of Atelier against the golden files.
export { compareRequest, type GoldenLookUp } from './parity/compare-request.js'
export { formatTable } from './parity/format-table.js'
export { readGoldenDit, type GoldenCase, type GoldenDit, type GoldenItem } from './parity/golden-dit.js'
