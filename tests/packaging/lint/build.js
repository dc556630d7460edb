// The objects of a kustomization: built by kubectl where there is one that knows today's kustomizations, else read from the files that it names.
'use strict';
const fs = require('fs');
const path = require('path');
const { execFileSync } = require('child_process');
const yaml = require('yaml');

function read(file) {
  return yaml.parseAllDocuments(fs.readFileSync(file, 'utf8'), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0].message}`);
    return document.toJS();
  });
}

function kustomizeVersion() {
  try {
    const found = /Kustomize Version: v(\d+)/.exec(execFileSync('kubectl', ['version', '--client'], { encoding: 'utf8' }));
    return found ? Number(found[1]) : 0;
  } catch {
    return 0;
  }
}

function readFolder(folder) {
  const [kustomization] = read(path.join(folder, 'kustomization.yaml'));
  const out = [];
  for (const resource of kustomization.resources ?? []) {
    const place = path.join(folder, resource);
    out.push(...(fs.statSync(place).isDirectory() ? readFolder(place) : read(place)));
  }
  for (const [kind, generators] of [['ConfigMap', kustomization.configMapGenerator], ['Secret', kustomization.secretGenerator]]) {
    for (const { name, files } of generators ?? []) {
      const data = {};
      for (const entry of files) {
        const [key, file] = entry.includes('=') ? entry.split('=') : [path.basename(entry), entry];
        const content = fs.readFileSync(path.join(folder, file));
        data[key] = kind === 'Secret' ? content.toString('base64') : content.toString();
      }
      out.push({ apiVersion: 'v1', kind, metadata: { name }, data });
    }
  }
  return out;
}

/** Answers the objects, and what made them. */
function build(folder) {
  if (kustomizeVersion() < 5) return { by: 'the files themselves', objects: readFolder(folder) };
  const text = execFileSync('kubectl', ['kustomize', folder], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 26 });
  const objects = yaml.parseAllDocuments(text).map((document) => document.toJS());
  // It breaks base64 into lines, which decoders pass over and the schema does not.
  for (const { data } of objects.filter(({ kind }) => kind === 'Secret')) for (const key of Object.keys(data)) data[key] = data[key].replace(/\s/g, '');
  return { by: 'kubectl kustomize', objects };
}

module.exports = { build };
