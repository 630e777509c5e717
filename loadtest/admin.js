// What the engine says of itself: its metrics, read from the admin listener.

import http from 'k6/http';
import { fail, sleep } from 'k6';

const ADMIN = __ENV.ADMIN || 'http://127.0.0.1:9464';

// Its own name keeps it out of what is measured.
const SCRAPE = { tags: { operation: 'scrape', name: 'scrape' } };

// All series by their name with its labels, as they are printed. What is without end, such as the
// life of a key that never expires, is left out: k6 passes these on as JSON, which has no word for it.
export function metrics() {
  const response = http.get(`${ADMIN}/metrics`, SCRAPE);
  if (response.status !== 200) fail(`no metrics at ${ADMIN}: ${response.status}`);
  const series = {};
  for (const line of response.body.split('\n')) {
    const end = line.lastIndexOf(' ');
    const value = Number(line.slice(end + 1));
    if (end > 0 && !line.startsWith('#') && Number.isFinite(value)) {
      series[line.slice(0, end)] = value;
    }
  }
  return series;
}

// The sum over the series of a metric that have all these labels, such as `movement="sold"`.
export function sum(series, metric, ...labels) {
  return Object.keys(series)
    .filter((name) => name.split('{')[0] === metric && labels.every((l) => name.includes(l)))
    .reduce((total, name) => total + series[name], 0);
}

export function sessionEvents(series, event) {
  return sum(series, 'engine_session_events_total', `event="${event}"`);
}

// Waits until every attempt has ended and every completed session is settled: its money
// captured, its units sold, its order placed. Returns the metrics then.
//
// - `before`: the metrics when the test began.
export function settled(before, secondsMax) {
  for (let waited = 0; ; waited += 1) {
    const now = metrics();
    const owed = sum(now, 'engine_effects_owed');
    const since = (event) => sessionEvents(now, event) - sessionEvents(before, event);
    const unsettled = since('completed') - since('settled');
    if (owed === 0 && unsettled === 0) return now;
    if (waited >= secondsMax) {
      fail(`after ${waited} s ${owed} effects are owed and ${unsettled} sessions unsettled`);
    }
    sleep(1);
  }
}
