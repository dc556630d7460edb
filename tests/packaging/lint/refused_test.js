// What the checks of this folder are for: each is broken once, and has to be refused.
'use strict';
const assert = require('assert');
const test = require('node:test');
const { faultsOfReferences } = require('./references.js');
const { faultsOfTypes } = require('./types.js');
const { faultsOfWalls } = require('./walls.js');

const labels = { 'app.kubernetes.io/name': 'emporion', 'app.kubernetes.io/component': 'shop' };

function deployment() {
  const container = { name: 'emporion', image: 'emporion:1', ports: [{ name: 'metrics', containerPort: 9200 }], readinessProbe: { httpGet: { path: '/', port: 'metrics' } } };
  const template = { metadata: { labels }, spec: { containers: [container], volumes: [{ name: 'pki', secret: { secretName: 'shop-pki' } }] } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'shop' }, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
}

const secrets = [{ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'shop-pki' }, data: { 'ca.pem': 'eA==' } }];

test('an object that is sound is accepted', () => {
  assert.deepStrictEqual(faultsOfTypes([deployment(), ...secrets]), []);
  assert.deepStrictEqual(faultsOfReferences([deployment()], secrets), []);
});

test('a name that a kind does not have, and a value that it does not take', () => {
  const misspelt = deployment();
  misspelt.spec.template.spec.containers[0].readinesProbe = {};
  assert.match(faultsOfTypes([secrets[0], misspelt]).join(), /^Deployment shop: .*readinesProbe/);
  const wrong = deployment();
  wrong.spec.replicas = 'two';
  assert.match(faultsOfTypes([wrong]).join(), /replicas must be integer/);
});

test('a secret, a port and pods that are not there', () => {
  assert.match(faultsOfReferences([deployment()], []).join(), /there is no Secret shop-pki/);
  const probed = deployment();
  probed.spec.template.spec.containers[0].readinessProbe.httpGet.port = 'health';
  assert.match(faultsOfReferences([probed], secrets).join(), /a probe asks at port health/);
  const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'shop' }, spec: { selector: { a: 'b' }, ports: [{ port: 80, targetPort: 'http' }] } };
  assert.match(faultsOfReferences([deployment(), service], secrets).join(), /leads to 0 workloads/);
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'shop' }, spec: { selector: { matchLabels: { a: 'b' } } } };
  assert.match(faultsOfReferences([deployment(), budget], secrets).join(), /it is for no workload/);
  assert.match(faultsOfReferences([deployment(), deployment()], secrets).join(), /is there twice/);
});

const graph = 'process edge, public at 0.0.0.0:80, listens on edge:9100: gateway\nprocess stock, listens on stock:9100: warehouse\n\ngateway in edge calls warehouse in stock\n';

function policies() {
  const pods = (process) => ({ podSelector: { matchExpressions: [{ key: 'app.kubernetes.io/component', operator: 'In', values: [process] }] } });
  const policy = (process, ingress, egress) => ({
    kind: 'NetworkPolicy', metadata: { name: process },
    spec: { podSelector: { matchLabels: { 'app.kubernetes.io/component': process } }, policyTypes: ['Ingress', 'Egress'], ingress, egress },
  });
  return [
    { kind: 'NetworkPolicy', metadata: { name: 'rest' }, spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } },
    policy('edge', [{ ports: [{ port: 'http' }] }], [{ to: [pods('stock')], ports: [{ port: 9100 }] }]),
    policy('stock', [{ from: [pods('edge')], ports: [{ port: 'listen' }] }], []),
  ];
}

test('walls with a hole, and walls without a door', () => {
  assert.deepStrictEqual(faultsOfWalls(policies(), graph), []);
  assert.match(faultsOfWalls(policies().slice(1), graph).join(), /no policy refuses/);
  assert.match(faultsOfWalls(policies().slice(0, 2), graph).join(), /process stock has no policy/);
  const [rest, edge, stock] = policies();
  stock.spec.ingress.push({ ports: [{ port: 'listen' }] });
  assert.match(faultsOfWalls([rest, edge, stock], graph).join(), /stock is open to everybody/);
  const [, closed] = policies();
  closed.spec.egress = [];
  assert.match(faultsOfWalls([rest, closed, policies()[2]], graph).join(), /egress is refused: edge -> stock/);
  const [, , curious] = policies();
  curious.spec.egress = policies()[2].spec.ingress.map(({ from, ports }) => ({ to: from, ports }));
  assert.match(faultsOfWalls([rest, policies()[1], curious], graph).join(), /egress goes through a wall: stock -> edge/);
});
