import { AppError } from '../../src-shared/contract/app-error.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'fail' | 'good' | 'info';
  readonly message: string;
  /** An AppError's code, for reports. */
  readonly code?: string;
  readonly action?: { readonly label: string; run(): void };
}

const INFO_MS = 5_000;

/** Short messages over the window. Failures stay until they are closed; the rest goes by itself. */
export class Toasts {
  list: readonly Toast[] = $state.raw([]);
  #nextId = 1;

  /** Shows whatever was thrown; the same failure again is shown once. */
  fail(thrown: unknown): void {
    const error = AppError.from(thrown);
    if (this.list.some((toast) => toast.code === error.code && toast.message === error.message)) return;
    this.#add({ tone: 'fail', message: error.message, code: error.code });
  }

  good(message: string, action?: Toast['action']): void {
    this.#addForAWhile('good', message, action);
  }

  info(message: string, action?: Toast['action']): void {
    this.#addForAWhile('info', message, action);
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** The same message again takes the place of the one before, with its own action. */
  #addForAWhile(tone: Toast['tone'], message: string, action: Toast['action']): void {
    this.list = this.list.filter((toast) => toast.message !== message || toast.tone !== tone);
    const id = this.#add(action === undefined ? { tone, message } : { tone, message, action });
    setTimeout(() => this.close(id), INFO_MS);
  }

  #add(toast: Omit<Toast, 'id'>): number {
    const id = this.#nextId++;
    this.list = [...this.list.slice(-3), { ...toast, id }];
    return id;
  }
}
