import type { LaminaClient } from '../../src-shared/contract/contract.ts';
import type { RunState } from '../../src-shared/training/run.ts';
import { formatNumber } from '../format/numbers.ts';
import { formatMilliseconds } from '../format/times.ts';

export interface LogEntry {
  readonly id: number;
  readonly at: Date;
  readonly tone: 'info' | 'fail';
  readonly text: string;
}

const LIMIT = 500;
/** New entries are shown this often at most. */
const SHOW_MS = 100;

/** What happened in this window's session, newest first. The run history holds everything else. */
export class LogStore {
  entries: readonly LogEntry[] = $state.raw([]);
  #nextId = 1;
  /** Newest first. */
  #waiting: LogEntry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #states = new Map<string, RunState>();
  readonly #numbers = new Map<string, number>();
  readonly #stops: (() => void)[];

  constructor(client: LaminaClient) {
    this.#stops = [
      client.on('run.changed', ({ summary }) => {
        this.#numbers.set(summary.id, summary.number);
        if (this.#states.get(summary.id) === summary.state) return;
        this.#states.set(summary.id, summary.state);
        const failure = summary.error === null ? '' : `: ${summary.error.message}`;
        const tone = summary.state === 'failed' || summary.state === 'interrupted' ? 'fail' : 'info';
        this.add(`Run ${summary.number} ${summary.state}${failure}`, tone);
      }),
      client.on('run.epoch', ({ runId, record }) => {
        const metrics = Object.entries(record.metrics)
          .map(([name, value]) => `${name} ${formatNumber(value)}`)
          .join('  ');
        const number = this.#numbers.get(runId) ?? '';
        this.add(`Run ${number} epoch ${record.epoch}  ${metrics}  ${formatMilliseconds(record.durationMs)}`);
      }),
      client.on('engines.installProgress', ({ name, step, error }) =>
        this.add(`Engine ${name}: ${error?.message ?? step}`, error === null ? 'info' : 'fail'),
      ),
    ];
  }

  add(text: string, tone: LogEntry['tone'] = 'info'): void {
    this.#waiting.unshift({ id: this.#nextId++, at: new Date(), tone, text });
    this.#timer ??= setTimeout(() => this.#show(), SHOW_MS);
  }

  #show(): void {
    this.#timer = undefined;
    this.entries = [...this.#waiting.splice(0), ...this.entries].slice(0, LIMIT);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const stop of this.#stops) stop();
  }
}
