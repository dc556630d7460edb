// Usage: node dockerfile.js DOCKERFILE. Exit code 1 with a line for each fault.
'use strict';
const fs = require('fs');
const { validate } = require('dockerfile-utils');

const file = process.argv[2];
const faults = validate(fs.readFileSync(file, 'utf8'));
for (const fault of faults) console.error(`${file}:${fault.range.start.line + 1}: ${fault.message}`);
process.exit(faults.length === 0 ? 0 : 1);
