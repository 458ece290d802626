import { AppError } from '../../src-shared/errors/app-error.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'fail' | 'good' | 'info';
  readonly message: string;
  /** An AppError's code, for reports. */
  readonly code?: string;
  readonly action?: { readonly label: string; run(): void } | undefined;
  /** False when the message or its offer is outdated. May read reactive state. */
  readonly holds?: (() => boolean) | undefined;
}

const INFO_MS = 5_000;
/** Largest number of messages; older ones are removed. */
const MOST = 3;

type More = Pick<Toast, 'action' | 'holds'>;

/** Short messages over the window, the newest first. Failures stay until they are closed; others disappear after a few seconds. */
export class Toasts {
  list: readonly Toast[] = $state.raw([]);
  #nextId = 1;

  /** Shows whatever was thrown; the same failure again is shown once. */
  fail(thrown: unknown): void {
    const error = AppError.from(thrown);
    if (this.list.some((toast) => toast.code === error.code && toast.message === error.message)) return;
    this.#add({ tone: 'fail', message: error.message, code: error.code });
  }

  /** Runs an action and shows its failure. @returns False if it failed. */
  async attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (thrown) {
      this.fail(thrown);
      return false;
    }
  }

  good(message: string, more: More = {}): void {
    this.#addForAWhile('good', message, more);
  }

  info(message: string, more: More = {}): void {
    this.#addForAWhile('info', message, more);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** Closes the newest. @returns False if there is none. */
  closeNewest(): boolean {
    const [newest] = this.list;
    if (newest !== undefined) this.close(newest.id);
    return newest !== undefined;
  }

  /** Closes those whose buttons are about a project that is no longer open. */
  closeOffers(): void {
    this.list = this.list.filter(({ action }) => action === undefined);
  }

  /** The same message again takes the place of the one before, with its own action. */
  #addForAWhile(tone: Toast['tone'], message: string, more: More): void {
    this.list = this.list.filter((toast) => toast.message !== message || toast.tone !== tone);
    const id = this.#add({ tone, message, ...more });
    setTimeout(() => this.close(id), INFO_MS);
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = this.#nextId++;
    this.list = [{ ...toast, id }, ...this.list].slice(0, MOST);
    return id;
  }
}
