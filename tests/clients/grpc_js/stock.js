// Reserves and releases stock with a stock gRPC client that knows nothing of us but what the server tells by reflection.
//   node stock.js '{"address": "127.0.0.1:9104", "folder": "var/pki", "name": "tool", "sku": "TEA-250"}'
// The folder has ca.pem, <name>.pem and <name>.key. Prints one JSON object of what it heard.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');
const descriptor = require('protobufjs/ext/descriptor');

const asked = JSON.parse(process.argv[2]);
const file = (name) => fs.readFileSync(path.join(asked.folder, name));
const credentials = grpc.credentials.createSsl(file('ca.pem'), file(`${asked.name}.key`), file(`${asked.name}.pem`));
const options = {'grpc.ssl_target_name_override': 'warehouse.emporion', 'grpc.default_authority': 'warehouse.emporion'};
const loading = {keepCase: true, longs: Number, enums: String, defaults: true};

// An answer, or how the call was refused.
function ask(client, method, request) {
  return new Promise((resolve) => {
    const metadata = new grpc.Metadata();
    client[method](request, metadata, {deadline: Date.now() + 10_000}, (error, answer) => {
      if (!error) return resolve({answer});
      const [fields] = error.metadata.get('emporion-error-bin');
      resolve({code: error.code, detail: error.details, error: fields ? JSON.parse(fields.toString()) : null});
    });
  });
}

// What the server tells of itself by reflection.
class Reflection {
  constructor() {
    const {ServerReflection} = grpc.loadPackageDefinition(loader.loadSync(path.join(__dirname, 'reflection.proto'), loading)).grpc.reflection.v1alpha;
    this.client = new ServerReflection(asked.address, credentials, options);
  }
  ask(question) {
    return new Promise((resolve, reject) => {
      const call = this.client.ServerReflectionInfo();
      call.on('data', (answer) => {
        call.end();
        answer.error_response ? reject(new Error(answer.error_response.error_message)) : resolve(answer);
      });
      call.on('error', reject);
      call.write(question);
    });
  }
  async services() {
    const {list_services_response} = await this.ask({list_services: '*'});
    return list_services_response.service.map((service) => service.name);
  }
  // The package tree of a service, from its file and all that it imports.
  async load(symbol) {
    const files = new Map();
    const add = async (question) => {
      const {file_descriptor_response} = await this.ask(question);
      for (const bytes of file_descriptor_response.file_descriptor_proto) {
        const file = descriptor.FileDescriptorProto.decode(bytes);
        if (files.has(file.name)) continue;
        files.set(file.name, file);
        for (const name of file.dependency) {
          if (!files.has(name)) await add({file_by_filename: name});
        }
      }
    };
    await add({file_containing_symbol: symbol});
    return grpc.loadPackageDefinition(loader.loadFileDescriptorSetFromObject({file: [...files.values()]}, loading));
  }
}

async function main() {
  const reflection = new Reflection();
  const services = await reflection.services();
  const {emporion} = await reflection.load('emporion.warehouse.v1.WarehouseApi');
  const {Health} = (await reflection.load('grpc.health.v1.Health')).grpc.health.v1;
  await reflection.load('emporion.Feed');  // Or it throws.
  const stock = new emporion.warehouse.v1.WarehouseApi(asked.address, credentials, options);

  const available = async (warehouse_id) => {
    const {answer} = await ask(stock, 'BatchStock', {skus: [asked.sku]});
    const levels = answer.stock[0].warehouses;
    return warehouse_id ? levels.find((level) => level.warehouse_id === warehouse_id).available : levels.find((level) => level.available >= 2);
  };
  const {warehouse_id, available: before} = await available();
  const reserve = (qty) => ({
    reservation_id: crypto.randomUUID(),
    reference: 'RESERVATION_REFERENCE_CHECKOUT',
    reference_id: crypto.randomUUID(),
    attempt: 1,
    payment_method: 'RESERVATION_PAYMENT_METHOD_NONE',
    lines: [{line_no: 1, sku: asked.sku, qty, warehouse_id}],
  });
  const two = reserve(2);
  const heard = {
    services,
    health: await ask(new Health(asked.address, credentials, options), 'Check', {service: 'emporion.warehouse.v1.WarehouseApi'}),
    before,
    reserved: await ask(stock, 'Reserve', two),
    reserved_again: await ask(stock, 'Reserve', two),
    while_held: await available(warehouse_id),
    released: await ask(stock, 'ReleaseReservation', {reservation_id: two.reservation_id, reason: 'changed_mind'}),
    released_again: await ask(stock, 'ReleaseReservation', {reservation_id: two.reservation_id, reason: 'changed_mind'}),
    after: await available(warehouse_id),
    too_many: await ask(stock, 'Reserve', reserve(9_999)),
    not_staff: await ask(stock, 'CreateWarehouse', {}),
  };
  console.log(JSON.stringify(heard));
  process.exit(0);  // Connections are kept open.
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
