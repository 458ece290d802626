import type { Browser, Page } from 'playwright';

/** One task of the page's main thread. */
export interface Task {
  readonly wallMs: number;
  /** CPU time; the rest of the duration it waited for a core. */
  readonly cpuMs: number;
  /** Its functions by Chromium's names, longest first. */
  readonly did: string;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string; readonly data?: { readonly type?: string } };
}

/** Tasks of a page's main thread while `during` runs, from Chromium's trace. */
export async function traceTasks(browser: Browser, page: Page, during: () => Promise<void>): Promise<Task[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
  await during();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
  const counts = new Map<string, number>();
  for (const { name, pid } of traceEvents) {
    if (name === 'FunctionCall') counts.set(String(pid), (counts.get(String(pid)) ?? 0) + 1);
  }
  const threads = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  // The page under test is the one that runs scripts.
  const main = threads.toSorted((a, b) => (counts.get(String(b.pid)) ?? 0) - (counts.get(String(a.pid)) ?? 0))[0];
  if (main === undefined) throw new Error('The trace names no renderer main thread.');
  const own = traceEvents.filter(({ ph, pid, tid }) => ph === 'X' && pid === main.pid && tid === main.tid);
  return own
    .filter(({ name }) => /RunTask$/.test(name))
    .map((task) => {
      const inside = own.filter(
        ({ name, ts, dur }) =>
          !/RunTask$/.test(name) && (dur ?? 0) > 2_000 && ts >= task.ts && ts < task.ts + (task.dur ?? 0),
      );
      const did = inside
        .toSorted((a, b) => (b.dur ?? 0) - (a.dur ?? 0))
        .slice(0, 8)
        .map(
          ({ name, dur, args }) =>
            `${name}${args.data?.type ? `(${args.data.type})` : ''} ${Math.round((dur ?? 0) / 1000)}`,
        );
      return { wallMs: (task.dur ?? 0) / 1000, cpuMs: (task.tdur ?? task.dur ?? 0) / 1000, did: did.join(', ') };
    });
}
