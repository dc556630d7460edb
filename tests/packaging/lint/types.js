// Holds objects against the API of Kubernetes: the TypeScript compiler refuses a name that a kind does not have, the schema a value that it does not take.
'use strict';
const fs = require('fs');
const path = require('path');
const ts = require('typescript');

const moduleOf = ({ apiVersion }) => `kubernetes-models/${apiVersion}`;
const nameOf = ({ kind, metadata }) => `${kind} ${metadata?.name}`;

function unknownNames(objects) {
  const file = path.join(__dirname, 'objects.ts'); // Beside node_modules, for the compiler to find the types; never written.
  const starts = [];
  let text = '';
  for (const object of objects) {
    starts.push(text.length);
    text += `const object${starts.length}: import('${moduleOf(object)}').I${object.kind} = ${JSON.stringify(object)};\n`;
  }
  const options = { noEmit: true, strict: true, skipLibCheck: true, types: [], moduleResolution: ts.ModuleResolutionKind.Node10, target: ts.ScriptTarget.ES2020 };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (name, ...rest) => (name === file ? ts.createSourceFile(name, text, options.target) : getSourceFile.call(host, name, ...rest));
  host.fileExists = (name) => name === file || fileExists.call(host, name);
  host.readFile = (name) => (name === file ? text : readFile.call(host, name));
  return ts.getPreEmitDiagnostics(ts.createProgram([file], options, host)).map(({ start, messageText }) => {
    const object = objects[Math.max(0, starts.findLastIndex((begin) => begin <= start))];
    return `${nameOf(object)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

function wrongValues(objects) {
  const out = [];
  for (const object of objects) {
    const Model = require(moduleOf(object))[object.kind];
    try {
      new Model(object).validate();
    } catch (error) {
      out.push(`${nameOf(object)}: ${error.message}`);
    }
  }
  return out;
}

const faultsOfTypes = (objects) => [...unknownNames(objects), ...wrongValues(objects)];
module.exports = { faultsOfTypes, nameOf };
