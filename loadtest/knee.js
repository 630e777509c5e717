// Finds the knee: as many purchases a second as are finished when 64 buyers never pause. Prints
// that number and nothing else.
//
// Why: the soak runs at half the knee, and where that is depends on the machine.

import purchase from './checkout.js';

export const options = {
  scenarios: {
    purchases: { executor: 'constant-vus', vus: 64, duration: __ENV.KNEE_DURATION || '20s' },
  },
};

export default purchase;

export function handleSummary({ metrics }) {
  return { stdout: `${Math.floor(metrics.iterations.values.rate)}\n` };
}
