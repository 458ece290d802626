import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { RecordedCommand, RunCommand } from '../../src-shared/training/commands/run-command.ts';
import type { EpochRecord } from '../../src-shared/training/run/run.ts';
import type { RunState } from '../../src-shared/training/run/run-state.ts';
import { formatNumber } from '../ui/format/numbers.ts';
import { formatMilliseconds } from '../ui/format/times.ts';

export interface LogEntry {
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly tone: 'info' | 'warn' | 'fail';
  /** Made when it is shown: hundreds of epochs may end a second. */
  readonly text: () => string;
}

/** Commands in words. */
export interface LogWords {
  applied(runId: string, number: number | '', recorded: RecordedCommand): string;
  refused(number: number | '', command: RunCommand): string;
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
  readonly #runs: Record<string, { number: number; state: RunState }> = {};
  /** Ids of runs that sent a warning. A run that this program trains sends one with each refusal, with the reason. */
  // eslint-disable-next-line svelte/prefer-svelte-reactivity -- nothing shows it
  readonly #warned = new Set<string>();
  readonly #stops: (() => void)[];

  constructor(client: LaminaClient, words: LogWords) {
    const numberOf = (runId: string): number | '' => this.#runs[runId]?.number ?? '';
    this.#stops = [
      client.on('run.changed', ({ summary }) => {
        const before = this.#runs[summary.id]?.state;
        if (before === summary.state) return;
        this.#runs[summary.id] = { number: summary.number, state: summary.state };
        if (isByCommand(before, summary.state)) return;
        const failure = summary.error === null ? '' : `: ${summary.error.message}`;
        const tone = summary.state === 'failed' || summary.state === 'interrupted' ? 'fail' : 'info';
        const early = summary.endedBy === null ? '' : ' early';
        this.add(`Run ${summary.number} ${summary.state}${early}${failure}`, tone);
      }),
      client.on('run.warning', ({ runId, message }) => {
        this.#warned.add(runId);
        this.add(`Run ${numberOf(runId)}: ${message}`, 'warn');
      }),
      client.on('run.command', ({ runId, recorded }) => this.add(words.applied(runId, numberOf(runId), recorded))),
      client.on('run.refused', ({ runId, command }) => {
        if (!this.#warned.has(runId)) this.add(words.refused(numberOf(runId), command), 'warn');
      }),
      client.on('run.epoch', ({ runId, record }) => {
        const number = numberOf(runId);
        this.#add(() => epochText(number, record), 'info');
      }),
      client.on('engines.installProgress', ({ name, step, error }) =>
        this.add(`Engine ${name}: ${error?.message ?? step}`, error === null ? 'info' : 'fail'),
      ),
    ];
  }

  add(text: string, tone: LogEntry['tone'] = 'info'): void {
    this.#add(() => text, tone);
  }

  #add(text: LogEntry['text'], tone: LogEntry['tone']): void {
    this.#waiting.unshift({ id: this.#nextId++, at: Date.now(), tone, text });
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

/** Whether a command that is in the log changed the state. */
function isByCommand(before: RunState | undefined, state: RunState): boolean {
  if (state === 'pausing' || state === 'paused' || state === 'stopping') return true;
  return state === 'running' && (before === 'pausing' || before === 'paused');
}

/** Letters that a figure takes: '0.0001234', '−1.234e−5'. */
const FIGURE = 9;
const EPOCH = 4;
const TOOK = 7;

/** One line, its figures below those of other epochs. */
export function epochText(runNumber: number | '', { epoch, metrics, durationMs }: EpochRecord): string {
  const values = Object.entries(metrics).map(([name, value]) => `${name} ${formatNumber(value).padEnd(FIGURE)}`);
  const took = `in ${formatMilliseconds(durationMs).padEnd(TOOK)}`;
  return `Run ${runNumber} epoch ${String(epoch).padEnd(EPOCH)} ${took} ${values.join(' ')}`.trimEnd();
}
