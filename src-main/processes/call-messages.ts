import type { AppErrorData } from '../../src-shared/errors/app-error.ts';

/** What a program answers, by name: parameters, result and what it reports before the result. */
export type CallTable<Calls> = { [Name in keyof Calls]: { params: unknown; result: unknown; progress?: unknown } };

export type ParamsOf<Calls extends CallTable<Calls>, Name extends keyof Calls> = Calls[Name]['params'];
export type ResultOf<Calls extends CallTable<Calls>, Name extends keyof Calls> = Calls[Name]['result'];
export type ProgressOf<Calls extends CallTable<Calls>, Name extends keyof Calls> = Calls[Name]['progress'];

export type ToProgram<Calls extends CallTable<Calls>> =
  | { [Name in keyof Calls]: { kind: 'call'; id: number; name: Name; params: ParamsOf<Calls, Name> } }[keyof Calls]
  | { kind: 'abort'; id: number };

export type FromProgram =
  | { kind: 'progress'; id: number; progress: unknown }
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; error: AppErrorData };
