// What objects say of each other: names that nobody has, ports that nobody opens, selectors that select nothing.
'use strict';
const { nameOf } = require('./types.js');

const matches = (labels, selector) => Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);

function faultsOfReferences(objects, secrets) {
  const faults = [];
  const of = (kind) => objects.filter((object) => object.kind === kind);
  const workloads = [...of('Deployment'), ...of('StatefulSet')];
  const has = (kind, name) => of(kind).some((object) => object.metadata.name === name);
  const fault = (object, what) => faults.push(`${nameOf(object)}: ${what}`);

  for (const workload of workloads) {
    const { template, selector } = workload.spec;
    if (!matches(template.metadata.labels, selector.matchLabels)) fault(workload, 'its selector does not select its pods');
    const secretKeys = (name) => secrets.find((secret) => secret.metadata.name === name)?.data;
    for (const volume of template.spec.volumes ?? []) {
      if (volume.configMap && !has('ConfigMap', volume.configMap.name)) fault(workload, `there is no ConfigMap ${volume.configMap.name}`);
      if (volume.secret && !secretKeys(volume.secret.secretName)) fault(workload, `there is no Secret ${volume.secret.secretName}`);
    }
    for (const container of [...(template.spec.initContainers ?? []), ...template.spec.containers]) {
      for (const mount of container.volumeMounts ?? []) {
        const volumes = [...(template.spec.volumes ?? []), ...(workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata)];
        if (!volumes.some(({ name }) => name === mount.name)) fault(workload, `there is no volume ${mount.name}`);
      }
      for (const { valueFrom } of container.env ?? []) {
        const reference = valueFrom?.secretKeyRef;
        if (reference && !(secretKeys(reference.name) ?? {})[reference.key]) fault(workload, `there is no ${reference.key} in Secret ${reference.name}`);
      }
      const ports = (container.ports ?? []).map(({ name }) => name);
      for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
        if (probe?.httpGet && !ports.includes(probe.httpGet.port)) fault(workload, `a probe asks at port ${probe.httpGet.port}, which it does not open`);
      }
    }
    if (workload.spec.template.spec.serviceAccountName && !has('ServiceAccount', template.spec.serviceAccountName)) fault(workload, 'its service account is not there');
  }
  const selected = (selector) => workloads.filter(({ spec }) => matches(spec.template.metadata.labels, selector));
  for (const service of of('Service')) {
    const behind = selected(service.spec.selector);
    if (behind.length !== 1) fault(service, `it leads to ${behind.length} workloads`);
    for (const { targetPort } of service.spec.ports) {
      const open = behind.flatMap(({ spec }) => spec.template.spec.containers.flatMap(({ ports }) => ports.map(({ name }) => name)));
      if (!open.includes(targetPort)) fault(service, `nobody opens ${targetPort}`);
    }
  }
  for (const budget of of('PodDisruptionBudget')) {
    if (selected(budget.spec.selector.matchLabels).length !== 1) fault(budget, 'it is for no workload');
  }
  for (const scaler of of('HorizontalPodAutoscaler')) {
    const target = workloads.find(({ metadata }) => metadata.name === scaler.spec.scaleTargetRef.name);
    if (!target) fault(scaler, 'it scales nothing');
  }
  const names = objects.map(nameOf);
  for (const name of names) if (names.filter((other) => other === name).length > 1) faults.push(`${name} is there twice`);
  return faults;
}

module.exports = { faultsOfReferences, matches };
