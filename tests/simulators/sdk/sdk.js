// What the providers' own SDKs say: `node sdk.js COMMAND` reads a JSON object from standard input and writes one line. Used by payment_pgtest.
'use strict';

const stripe = require('stripe')('sk_test_unused');
const {VNPay} = require('vnpay');
const {buildPaymentUrlSearchParams, calculateSecureHash, createPaymentUrl} = require('vnpay/utils');

const HASH = {hashAlgorithm: 'sha512', bufferEncode: 'utf-8'};

const commands = {
  // {payload, secret, timestamp} -> the Stripe-Signature header
  'stripe-sign': ({payload, secret, timestamp}) => stripe.webhooks.generateTestHeaderString({payload, secret, timestamp}),
  // {payload, header, secret, received_at} -> the event's id, or why it was refused
  'stripe-read': ({payload, header, secret, received_at}) => stripe.webhooks.constructEvent(payload, header, secret, undefined, undefined, received_at * 1000).id,
  // {fields, secret} -> the query of an IPN
  'vnpay-ipn': ({fields, secret}) => {
    const query = buildPaymentUrlSearchParams(fields).toString();
    return `${query}&vnp_SecureHash=${calculateSecureHash({secureSecret: secret, data: query, ...HASH})}`;
  },
  // {url, secret} -> true or false: does the hash of the URL's parameters fit?
  'vnpay-verify': ({url, secret}) =>
    String(new VNPay({tmnCode: 'UNUSED00', secureSecret: secret}).verifyReturnUrl(Object.fromEntries(new URL(url).searchParams)).isVerified),
  // {base, fields, secret, tmn_code} -> the pay URL that the SDK makes of the same fields
  'vnpay-pay-url': ({base, fields, secret, tmn_code}) => {
    const url = createPaymentUrl({config: {vnpayHost: new URL(base).origin, paymentEndpoint: new URL(base).pathname, tmnCode: tmn_code}, data: fields});
    url.searchParams.append('vnp_SecureHash', calculateSecureHash({secureSecret: secret, data: url.search.slice(1), ...HASH}));
    return url.toString();
  },
};

const input = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
try {
  console.log(commands[process.argv[2]](input));
} catch (error) {
  console.log(`refused: ${error.message.split('\n')[0]}`);
}
