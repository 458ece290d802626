import type { RecordedSettings, RunCommand } from '../../../src-shared/training/commands/run-command.ts';
import type { Position } from '../state/position.ts';

/** A command from core. */
export interface SentCommand {
  readonly seq: number;
  readonly command: RunCommand;
}

export const freezes = (command: RunCommand): boolean => command.kind === 'set' && command.patch.frozen !== undefined;

/** Commands from core that wait for the end of the current step. */
export class CommandQueue {
  readonly #waiting: SentCommand[] = [];
  #arrived = Promise.withResolvers<void>();

  add(command: SentCommand): void {
    this.#waiting.push(command);
    this.#arrived.resolve();
  }

  /** @param applies Commands for which it returns false stay in the queue; later ones are taken before them. */
  take(applies: (command: RunCommand) => boolean): SentCommand | undefined {
    const index = this.#waiting.findIndex(({ command }) => applies(command));
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** True if a command waits that freezes or unfreezes layers. */
  get freezes(): boolean {
    return this.#waiting.some(({ command }) => freezes(command));
  }

  /** True if a command that pauses training waits. */
  get pauses(): boolean {
    return this.#waiting.some(({ command }) => command.kind === 'pause');
  }

  /** Waits until a command arrives, if none that applies is in the queue. @returns True if one that applies is. */
  async arrival(applies: (command: RunCommand) => boolean): Promise<boolean> {
    const isThere = (): boolean => this.#waiting.some(({ command }) => applies(command));
    if (isThere()) return true;
    this.#arrived = Promise.withResolvers<void>();
    await this.#arrived.promise;
    return isThere();
  }
}

/** Settings of the run that is repeated or resumed. Each applies once, at the position where it applied in that run. */
export class Replays {
  readonly #waiting: RecordedSettings[];

  /** @param settings In the order of their positions. */
  constructor(settings: readonly RecordedSettings[]) {
    this.#waiting = [...settings];
  }

  /** Those that apply at a position or have applied before it. */
  take({ epoch, step }: Pick<Position, 'epoch' | 'step'>): RecordedSettings[] {
    const isLater = (each: RecordedSettings): boolean =>
      each.epoch > epoch || (each.epoch === epoch && each.step > step);
    const later = this.#waiting.findIndex(isLater);
    return this.#waiting.splice(0, later < 0 ? this.#waiting.length : later);
  }

  /** Number of steps until the next ones apply; Infinity: none are left. */
  stepsUntilNext(step: number): number {
    const [next] = this.#waiting;
    return next === undefined ? Infinity : Math.max(1, next.step - step);
  }
}
