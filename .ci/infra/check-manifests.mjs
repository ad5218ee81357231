// Checks rendered manifests: the custom kinds against their schemas, and that each kind is one that is known here (the validator
// of Kubernetes' own kinds lets unknown ones pass). Prints the others, for that validator. LATER is the same of a later version, to
// which a cluster must be able to go from FILE. Usage: node check-manifests.mjs FILE LATER OTHERS
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
const [file, later, others] = process.argv.slice(2)
const read = (path) =>
  parseAllDocuments(readFileSync(path, 'utf8'))
    .map((document) => {
      for (const error of document.errors) throw error
      return document.toJS()
    })
    .filter(Boolean)
const nameOf = ({ kind, metadata }) => `${kind}/${metadata.name}`
const named = new Set()
const kept = read(file).filter((manifest) => {
  const name = nameOf(manifest)
  if (named.has(name)) throw new Error(`${name} is there twice`)
  named.add(name)
  const Kind = custom[manifest.kind]
  if (Kind) new Kind(manifest).validate()
  else if (!own.has(manifest.kind)) throw new Error(`${name} is of a kind that nothing here checks`)
  return !Kind
})

/** What Kubernetes lets nobody change, of a manifest that helm changes in place: hooks are made anew. */
function unchangeable({ kind, metadata, spec }) {
  if (metadata.annotations?.['helm.sh/hook']) return undefined
  if (kind === 'Job') return spec.template
  if (kind === 'StatefulSet') return [spec.selector, spec.serviceName, spec.volumeClaimTemplates]
  return kind === 'Deployment' ? spec.selector : undefined
}
const upgraded = new Map(read(later).map((manifest) => [nameOf(manifest), manifest]))
const pulls = new Set()
for (const manifest of kept) {
  const next = upgraded.get(nameOf(manifest))
  if (next && JSON.stringify(unchangeable(manifest)) !== JSON.stringify(unchangeable(next)))
    throw new Error(`${nameOf(manifest)} changes with the version, where Kubernetes allows no change`)
  const pod = manifest.spec?.template?.spec
  if (pod) pulls.add(JSON.stringify(pod.imagePullSecrets ?? []))
  if (pod?.volumes?.some(({ emptyDir }) => emptyDir && !emptyDir.sizeLimit))
    throw new Error(`${nameOf(manifest)} could fill the disk of its node`)
}
if (pulls.size > 1) throw new Error('some pods have other imagePullSecrets than the rest')

writeFileSync(others, kept.map((manifest) => stringify(manifest)).join('---\n'))
console.log(`${named.size} manifests, ${named.size - kept.length} of them custom`)
