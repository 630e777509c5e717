// What a buyer says to the shop, and how: shared by the load tests.
//
// Promise: what is asked under a key is asked again under the same key until there is an answer;
// a 503 is no answer, and is asked again after the time that it names. Whatever is sent is counted
// once, if it is refused or lost.

import http from 'k6/http';
import { check, sleep } from 'k6';
import { Counter } from 'k6/metrics';

export const BASE = __ENV.BASE || 'http://127.0.0.1:8080';

// Answers 503: asked again later.
const refused = new Counter('refused');
// Never answered: nobody listens, the line went dead, or it took longer than anybody waits. A server
// that cannot take a request says so.
const lost = new Counter('lost');

// Somebody who has been refused this often in a row gives up, unless money may have moved.
export const PATIENCE = 5;
// Nobody waits longer than this for one answer.
const TIMEOUT = '30s';

const ADDRESS = {
  id: 'dest_1',
  street_address: '1600 Amphitheatre Pkwy',
  address_locality: 'Mountain View',
  address_region: 'CA',
  postal_code: '94043',
  country: 'US',
};

export function createBody(product, quantity, currency) {
  return JSON.stringify({ line_items: [{ item: { id: product }, quantity }], currency });
}

export function updateBody(product, quantity, currency) {
  return JSON.stringify({
    line_items: [{ item: { id: product }, quantity }],
    currency,
    buyer: { first_name: 'John', last_name: 'Doe', email: 'johndoe@example.com' },
    fulfillment: {
      methods: [
        { type: 'shipping', destinations: [ADDRESS], selected_destination_id: ADDRESS.id },
      ],
    },
  });
}

// The token of Google's guide, unless the processor is to do something else: see the README.
export const CARD = '{"protocolVersion":"ECv2","signature":"MEUCIG","signedMessage":"{}"}';

export function completeBody(token) {
  return JSON.stringify({
    payment_data: {
      id: 'pi_gpay_5678',
      handler_id: 'gpay',
      type: 'card',
      brand: 'mastercard',
      last_digits: '5678',
      billing_address: { postal_code: '94043', address_country: 'US' },
      credential: { type: 'PAYMENT_GATEWAY', token },
    },
  });
}

// One question, ready to be sent as often as it takes.
export function question(operation, method, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  if (method !== 'GET') headers['Idempotency-Key'] = crypto.randomUUID();
  const tags = { operation, name: operation };
  return { method, url: BASE + path, body, params: { headers, tags, timeout: TIMEOUT } };
}

// Sends a question once.
export function send({ method, url, body, params }) {
  return counted(http.request(method, url, body, params));
}

// Sends a question twice at the same moment.
export function sendTwice({ method, url, body, params }) {
  const one = [method, url, body, params];
  return http.batch([one, one]).map(counted);
}

// Sends a question until it is answered or refused `patience` times; returns what came last.
export function ask(asked, patience = PATIENCE) {
  for (let time = 1; ; time += 1) {
    const response = send(asked);
    if (!unanswered(response) || time >= patience) return response;
    sleep(waitFor(response));
  }
}

// Whether nobody knows what became of it: refused, timed out, or the line went dead.
export function unanswered(response) {
  return response.status === 0 || response.status === 503;
}

function counted(response) {
  if (response.status === 0) lost.add(1, { why: String(response.error_code) });
  if (response.status === 503) {
    refused.add(1);
    check(response, { 'a refusal says when to come back': (r) => waitFor(r) >= 1 });
  }
  return response;
}

// The same question once more, under its key: the answer is the first, byte for byte. Returns whether
// it was.
export function replay(asked, first) {
  const params = Object.assign({}, asked.params, { tags: { operation: 'replay', name: 'replay' } });
  const second = ask(Object.assign({}, asked, { params }));
  if (unanswered(second)) return false;
  return check(second, { 'a replay answers as the first time': (r) => alike(r, first) });
}

export function alike(one, other) {
  return one.status === other.status && one.body === other.body;
}

export function pathOf(checkout) {
  return `/checkout-sessions/${checkout.id.split('/').pop()}`;
}

export function totalOf(checkout) {
  return checkout.totals.find((entry) => entry.type === 'total').amount;
}

function waitFor(response) {
  return Number(response.headers['Retry-After'] || 0.5);
}
