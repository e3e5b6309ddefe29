/**
 * Makes telemetry as a network sensor writes it, the same in every run: `node examples/data/make-telemetry.ts [LINES] > FILE`.
 */

/** Numbers from 0 to 1 that a seed decides. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const random = seeded(20_240);
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

const SENSORS = ['edge-1', 'edge-2', 'core-1', 'dmz-1'];
const KINDS = [
  { kind: 'flow', severity: 1, weight: 70 },
  { kind: 'dns', severity: 2, weight: 15 },
  { kind: 'auth-failure', severity: 5, weight: 9 },
  { kind: 'port-scan', severity: 7, weight: 4 },
  { kind: 'exfiltration', severity: 9, weight: 2 },
];

function kindOf(): { kind: string; severity: number } {
  let at = random() * KINDS.reduce((sum, { weight }) => sum + weight, 0);
  const found = KINDS.find(({ weight }) => {
    at -= weight;
    return at < 0;
  });
  return found ?? { kind: 'flow', severity: 1 };
}

const startMs = Date.UTC(2026, 0, 15, 8);
let atMs = startMs;
const lines = Number(process.argv[2] ?? 240);
for (let sequence = 1; sequence <= lines; sequence++) {
  atMs += Math.floor(random() * 400);
  const { kind, severity } = kindOf();
  const reading = {
    sequence,
    at: new Date(atMs).toISOString(),
    sensor: pick(SENSORS),
    kind,
    severity,
    source: `10.${Math.floor(random() * 4)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`,
    target: `192.0.2.${Math.floor(random() * 256)}:${pick([22, 53, 80, 443, 8443])}`,
    bytes: Math.floor(random() ** 4 * 2_000_000),
    latencyMs: Math.round(random() * 4000) / 100,
  };
  console.log(JSON.stringify(reading));
}
