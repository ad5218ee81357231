// Checks rendered manifests: the custom kinds against their schemas, and that each kind is one that is known here (the validator
// of Kubernetes' own kinds lets unknown ones pass). Prints the others, for that validator. Usage: node check-manifests.mjs FILE OTHERS
import { readFileSync, writeFileSync } from 'node:fs'
import { ScaledObject, TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1'
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1'
import { parseAllDocuments, stringify } from 'yaml'

const custom = { ScaledObject, TriggerAuthentication, PodMonitor }
const own = new Set(
  'ConfigMap Deployment HorizontalPodAutoscaler Ingress Job NetworkPolicy PodDisruptionBudget Service StatefulSet'.split(
    ' ',
  ),
)
const [file, others] = process.argv.slice(2)
const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document) => {
  for (const error of document.errors) throw error
  return document.toJS()
})
const named = new Set()
const kept = documents.filter((manifest) => {
  if (!manifest) return false
  const name = `${manifest.kind}/${manifest.metadata.name}`
  if (named.has(name)) throw new Error(`${name} is there twice`)
  named.add(name)
  const Kind = custom[manifest.kind]
  if (Kind) new Kind(manifest).validate()
  else if (!own.has(manifest.kind)) throw new Error(`${name} is of a kind that nothing here checks`)
  return !Kind
})
writeFileSync(others, kept.map((manifest) => stringify(manifest)).join('---\n'))
console.log(`${named.size} manifests, ${named.size - kept.length} of them custom`)
