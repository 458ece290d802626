import { AppError } from '../../src-shared/errors/app-error.ts';
import type { CallTable, FromProgram, ParamsOf, ProgressOf, ResultOf, ToProgram } from './call-messages.ts';

export interface CallContext<Progress> {
  /** Aborted when the caller aborts the call or is gone. */
  readonly signal: AbortSignal;
  onProgress(progress: Progress): void;
}

export type CallHandlers<Calls extends CallTable<Calls>> = {
  readonly [Name in keyof Calls]: (
    params: ParamsOf<Calls, Name>,
    context: CallContext<ProgressOf<Calls, Name>>,
  ) => ResultOf<Calls, Name> | Promise<ResultOf<Calls, Name>>;
};

/** Answers the calls of the process that started this one (`ProgramCalls`), one after the other. */
export function answerCalls<Calls extends CallTable<Calls>>(handlers: CallHandlers<Calls>): void {
  const open = new Map<number, AbortController>();
  let queue: Promise<void> = Promise.resolve();
  const send = (message: FromProgram): void => {
    if (process.connected) process.send?.(message);
  };
  const answer = async <Name extends keyof Calls>(
    id: number,
    name: Name,
    params: ParamsOf<Calls, Name>,
    signal: AbortSignal,
  ): Promise<void> => {
    const onProgress = (progress: ProgressOf<Calls, Name>): void => send({ kind: 'progress', id, progress });
    try {
      if (!Object.hasOwn(handlers, name)) throw unknownCall(String(name));
      send({ kind: 'result', id, result: await handlers[name](params, { signal, onProgress }) });
    } catch (error) {
      send({ kind: 'error', id, error: AppError.from(error).toJSON() });
    }
    open.delete(id);
  };

  process.on('message', (message: ToProgram<Calls>) => {
    if (message.kind === 'abort') open.get(message.id)?.abort();
    if (message.kind !== 'call') return;
    const { id, name, params } = message;
    const controller = new AbortController();
    open.set(id, controller);
    queue = queue.then(() => answer(id, name, params, controller.signal));
  });
  process.on('disconnect', () => {
    for (const controller of open.values()) controller.abort();
  });
  // Ctrl+C and the end of a terminal reach the whole process group; the caller decides what happens to its calls.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
}

function unknownCall(name: string): AppError {
  return new AppError(
    'process/unknown-call',
    `This process of Lamina has no call '${name}'. Lamina was probably updated while it ran: restart it.`,
    { name },
  );
}
