// Usage: node kubernetes.js FOLDER GRAPH. FOLDER: base, overlays, and secrets with what the owner puts there. GRAPH: what `emporion placement graph` prints.
// Exit code 1 with a line for each fault.
'use strict';
const fs = require('fs');
const path = require('path');
const { build } = require('./build.js');
const { faultsOfReferences } = require('./references.js');
const { faultsOfTypes } = require('./types.js');
const { faultsOfWalls } = require('./walls.js');

const [folder, graphFile] = process.argv.slice(2);
const graph = fs.readFileSync(graphFile, 'utf8');
const secrets = build(path.join(folder, 'secrets')).objects;
let failed = false;
for (const overlay of fs.readdirSync(path.join(folder, 'overlays'))) {
  const { by, objects } = build(path.join(folder, 'overlays', overlay));
  const faults = [...faultsOfTypes([...objects, ...secrets]), ...faultsOfReferences(objects, secrets), ...faultsOfWalls(objects, graph)];
  for (const fault of faults) console.error(`${path.join(folder, 'overlays', overlay)}: ${fault}`);
  console.log(`${overlay}: ${objects.length} objects, built by ${by}, faults: ${faults.length}`);
  failed ||= faults.length > 0 || objects.length === 0;
}
process.exit(failed ? 1 : 0);
