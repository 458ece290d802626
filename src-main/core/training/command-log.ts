import { configurationAfter, isSettings } from '../../../src-shared/training/commands/run-command.ts';
import type {
  RecordedCommand,
  RecordedSettings,
  RunCommand,
  SettingsPatch,
} from '../../../src-shared/training/commands/run-command.ts';
import type { TrainingConfiguration } from '../../../src-shared/training/configuration/configuration.ts';

/** Commands of one run: those that the trainer has not confirmed yet, and the settings that have changed. */
export class CommandLog {
  readonly #configuration: TrainingConfiguration;
  /** By position; also those of an earlier run that are still to be applied. */
  #settings: readonly RecordedSettings[];
  readonly #sent = new Map<number, RunCommand>();
  #next: number;
  /** The newest command that changes the run's state. */
  #newest = 0;

  /** @param next `seq` of the first command. */
  constructor(configuration: TrainingConfiguration, settings: readonly RecordedSettings[], next: number) {
    this.#configuration = configuration;
    this.#settings = settings;
    this.#next = next;
  }

  /** @returns The command's `seq`. */
  send(command: RunCommand): number {
    const seq = this.#next++;
    this.#sent.set(seq, command);
    if (command.kind !== 'set' && command.kind !== 'checkpoint') this.#newest = seq;
    return seq;
  }

  /** A command that is not confirmed yet. */
  sent(seq: number): RunCommand | undefined {
    return this.#sent.get(seq);
  }

  /** True if no later command changes the state. */
  isNewest(seq: number): boolean {
    return seq === this.#newest;
  }

  /** Settings that the trainer has not confirmed, by `seq`. */
  unappliedSettings(): [seq: number, patch: SettingsPatch][] {
    return [...this.#sent].flatMap(([seq, command]) => (command.kind === 'set' ? [[seq, command.patch]] : []));
  }

  /** A command that is not confirmed yet, or a setting of an earlier run. */
  known(seq: number): RunCommand | undefined {
    return this.sent(seq) ?? this.#settings.find((each) => each.seq === seq)?.command;
  }

  refused(seq: number): void {
    this.#sent.delete(seq);
    this.#settings = this.#settings.filter((each) => each.seq !== seq);
  }

  /** Settings that will be applied at their positions. */
  planned(settings: readonly RecordedSettings[]): void {
    this.#settings = [...this.#settings, ...settings].toSorted(byPosition);
  }

  /** The command that begins a phase; undefined for others. */
  phase(seq: number): RecordedSettings | undefined {
    return this.#settings.find((each) => each.seq === seq && each.command.phase !== undefined);
  }

  applied(recorded: RecordedCommand): void {
    this.#sent.delete(recorded.seq);
    if (isSettings(recorded)) this.#settings = [...this.#settings, recorded].toSorted(byPosition);
  }

  configurationAt(step: number): TrainingConfiguration {
    return configurationAfter(
      this.#configuration,
      this.#settings.filter((recorded) => recorded.step <= step),
    );
  }
}

const byPosition = (a: RecordedSettings, b: RecordedSettings): number =>
  a.step - b.step || a.epoch - b.epoch || a.seq - b.seq;
