/**
 * Generations of a key on a line of time: a row each, from its publication to its end.
 *
 * @module
 */
import type { GenerationStatus, KeyRotationStatus, PlannedStep } from '@mwrasp/crypto/rotation';
import { colors, table } from '../../terminal.ts';

/** Columns of the line. */
const WIDTH = 48;

/** How a state is drawn; the times between are part of the row. */
const MARKS = { pending: '·', active: '█', retired: '─', other: '×' } as const;

const WORDS: Readonly<Record<PlannedStep['what'], string>> = {
  publish: 'is published',
  activate: 'becomes active',
  retire: 'is retired',
  notice: 'is announced to end',
  'last-notice': 'is announced to end, a last time',
  destroy: 'is destroyed',
};

/** An instant, to the minute. */
export function showTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;
}

/** How long until something: `in 3 h 20 min`. */
export function showDelay(ms: number): string {
  if (ms <= 0) return 'now';
  const minutes = Math.ceil(ms / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days > 0) return `in ${days} d ${hours} h`;
  return hours > 0 ? `in ${hours} h ${rest} min` : `in ${rest} min`;
}

/** The span that the line shows. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function endOf({ destroyAfterMs = 0, heldUntilMs = 0 }: GenerationStatus): number {
  return heldUntilMs === Number.MAX_SAFE_INTEGER ? destroyAfterMs : Math.max(destroyAfterMs, heldUntilMs);
}

function column({ fromMs, toMs }: Span, ms: number): number {
  const at = Math.floor(((ms - fromMs) / Math.max(1, toMs - fromMs)) * WIDTH);
  return Math.min(WIDTH - 1, Math.max(0, at));
}

/** One generation's row. */
function draw(span: Span, generation: GenerationStatus, nowMs: number, periodMs: number): string {
  const { state, createdAtMs, activatedAtMs = createdAtMs, retiredAtMs } = generation;
  const cells = Array.from({ length: WIDTH }, () => ' ');
  const fill = (fromMs: number, toMs: number, mark: string) => {
    for (let i = column(span, fromMs); i <= column(span, Math.max(fromMs, toMs)); i++) cells[i] = mark;
  };
  const isNormal = state === 'pending' || state === 'active' || state === 'retired';
  if (endOf(generation) > 0) fill(activatedAtMs, endOf(generation), isNormal ? MARKS.retired : MARKS.other);
  fill(createdAtMs, activatedAtMs, MARKS.pending);
  if (isNormal) fill(activatedAtMs, retiredAtMs ?? activatedAtMs + periodMs, MARKS.active);
  const now = column(span, nowMs);
  if (cells[now] === ' ') cells[now] = '│';
  return cells.join('').trimEnd();
}

/** The generations of a key, and what happens next. */
export function drawKey(status: KeyRotationStatus, nowMs: number): string {
  const { name, algorithm, policy, generations, next, overdue } = status;
  const span = {
    fromMs: Math.min(nowMs, ...generations.map(({ createdAtMs }) => createdAtMs)),
    toMs: Math.max(nowMs, ...generations.map(endOf)),
  };
  const rows = generations.map((generation) => [
    String(generation.generation),
    `${generation.state}${generation.publicOnly ? ', public half' : ''}${(generation.heldUntilMs ?? 0) > nowMs ? ', held' : ''}`,
    draw(span, generation, nowMs, policy.periodMs),
  ]);
  const lines = [
    `${colors.bold(name)}  ${algorithm}, ${policy.retained} retained`,
    table(rows, ['right', 'left', 'left']),
  ];
  if (generations.length > 0) lines.push(`from ${showTime(span.fromMs)} to ${showTime(span.toMs)}`);
  lines.push(
    ...next
      .slice(0, 6)
      .map(
        ({ what, generation, atMs }) =>
          `${showTime(atMs)}  ${showDelay(atMs - nowMs)}: generation ${generation} ${WORDS[what]}`,
      ),
  );
  if (overdue.length > 0) lines.push(`overdue: ${overdue.join(', ')}; is a rotator running?`);
  return lines.join('\n');
}

/** What the marks mean. */
export const LEGEND: string = `${MARKS.pending} pending  ${MARKS.active} active  ${MARKS.retired} retired  ${MARKS.other} suspended, compromised`;
