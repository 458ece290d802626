import { WebSocket } from 'ws';

/** A page of a running Chromium or Electron of any version, controlled over its DevTools protocol. */
export interface Page {
  /** Evaluates an expression in the page and awaits its promise. @throws Error with the page's message. */
  evaluate<Result>(expression: string): Promise<Result>;
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  close(): void;
}

const answerWithinMs = 180_000;

interface Answer {
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

/** @param port The DevTools port. Waits for a page whose address starts with `urlPrefix`. */
export async function connectToPage(port: number, urlPrefix: string, patienceMs = 120_000): Promise<Page> {
  const endsAt = Date.now() + patienceMs;
  let seen = '';
  while (Date.now() < endsAt) {
    const targets = await listTargets(port);
    const page = targets.find(({ type, url }) => type === 'page' && url.startsWith(urlPrefix));
    if (page) return openPage(page.webSocketDebuggerUrl);
    seen = targets.map(({ url }) => url).join(', ');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`No page at ${urlPrefix} within ${patienceMs} ms; there were: ${seen || 'none'}.`);
}

interface Target {
  type: string;
  url: string;
  webSocketDebuggerUrl: string;
}

/** Addresses of all open pages. */
export async function pageAddresses(port: number): Promise<string[]> {
  return (await listTargets(port)).filter(({ type }) => type === 'page').map(({ url }) => url);
}

async function listTargets(port: number): Promise<Target[]> {
  try {
    return (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as Target[];
  } catch {
    return [];
  }
}

async function openPage(url: string): Promise<Page> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const pending = new Map<number, (answer: Answer) => void>();
  let nextId = 1;
  socket.on('message', (data: Buffer) => {
    const answer = JSON.parse(data.toString()) as Answer;
    if (answer.id !== undefined) pending.get(answer.id)?.(answer);
  });
  socket.on('close', () => {
    for (const settle of pending.values()) settle({ error: { message: 'The page is gone.' } });
  });

  const send = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      const settle = (answer: Answer): void => pending.get(id)?.(answer);
      const timer = setTimeout(() => settle({ error: { message: `${method} got no answer.` } }), answerWithinMs);
      pending.set(id, ({ result, error }) => {
        pending.delete(id);
        clearTimeout(timer);
        if (result) resolve(result);
        else reject(new Error(error?.message ?? 'No answer.'));
      });
      socket.send(JSON.stringify({ id, method, params }));
    });

  return {
    send,
    async evaluate<Result>(expression: string): Promise<Result> {
      const answer = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
      const thrown = answer['exceptionDetails'] as
        { exception?: { description?: string; value?: unknown } } | undefined;
      if (thrown) throw new Error(thrown.exception?.description ?? JSON.stringify(thrown.exception?.value ?? thrown));
      return (answer['result'] as { value: Result }).value;
    },
    close: () => socket.close(),
  };
}
