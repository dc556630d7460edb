// The network policies against the graph of the placement: what goes between two processes is permitted at both ends, and nothing else is.
'use strict';

/** "commerce -> product" for each pair, from what `emporion placement graph` prints; the process with the gateway leads to all. */
function edgesOfGraph(text) {
  const edges = new Set();
  const processes = [];
  let entrance = null;
  for (const line of text.split('\n')) {
    const process = /^process (\S+?),.*: (.*)$/.exec(line) ?? /^process (\S+?): (.*)$/.exec(line);
    if (process) {
      processes.push(process[1]);
      if (/\bgateway\b/.test(process[2])) entrance = process[1];
    }
    const link = /^\S+ in (\S+) (?:calls|hears) \S+ in ([^\s,:]+)/.exec(line);
    if (link && link[1] !== link[2]) edges.add(`${link[1]} -> ${link[2]}`);
  }
  for (const process of processes) if (process !== entrance) edges.add(`${entrance} -> ${process}`);
  return { edges, processes, entrance };
}

const component = 'app.kubernetes.io/component';

function peers(rules, direction) {
  return rules.flatMap((rule) => (rule[direction] ?? []).flatMap(({ podSelector }) => podSelector?.matchExpressions?.find(({ key }) => key === component)?.values ?? []));
}

function faultsOfWalls(objects, graph) {
  const { edges, processes, entrance } = edgesOfGraph(graph);
  const faults = [];
  const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy');
  const policyOf = (process) => policies.find(({ spec }) => spec.podSelector.matchLabels?.[component] === process);
  const refusesRest = ({ spec }) => Object.keys(spec.podSelector).length === 0 && !spec.ingress && !spec.egress && spec.policyTypes.length === 2;
  if (!policies.some(refusesRest)) faults.push('no policy refuses what no other permits');
  const permitted = { ingress: new Set(), egress: new Set() };
  for (const process of processes) {
    const policy = policyOf(process);
    if (!policy) {
      faults.push(`process ${process} has no policy`);
      continue;
    }
    for (const other of peers(policy.spec.ingress, 'from')) permitted.ingress.add(`${other} -> ${process}`);
    for (const other of peers(policy.spec.egress, 'to')) permitted.egress.add(`${process} -> ${other}`);
    const open = policy.spec.ingress.filter(({ from }) => from === undefined);
    if ((open.length > 0) !== (process === entrance)) faults.push(`process ${process} is ${open.length > 0 ? '' : 'not '}open to everybody`);
    if (policy.spec.egress.some(({ to }) => to === undefined)) faults.push(`process ${process} may go anywhere`);
  }
  for (const [direction, found] of Object.entries(permitted)) {
    for (const edge of edges) if (!found.has(edge)) faults.push(`${direction} is refused: ${edge}`);
    for (const edge of found) if (!edges.has(edge)) faults.push(`${direction} goes through a wall: ${edge}`);
  }
  return faults;
}

module.exports = { faultsOfWalls };
