import { z } from 'zod';
import { appErrorSchema } from '../errors/app-error.ts';

/** How far a request is. */
export const requestProgressSchema = z.object({
  /** 0 to 1; null: unknown. */
  fraction: z.number().nullable(),
  /** What is happening, for a person: 'Reading data'. */
  activity: z.string(),
});
export type RequestProgress = z.infer<typeof requestProgressSchema>;

const id = z.number().int().nonnegative();

const frameSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('request'), id, name: z.string(), params: z.unknown() }),
  /** The window no longer waits for the answer to this request. */
  z.object({ kind: z.literal('abort'), id }),
  z.object({ kind: z.literal('progress'), id, progress: requestProgressSchema }),
  z.object({ kind: z.literal('response'), id, result: z.unknown() }),
  z.object({ kind: z.literal('error'), id, error: appErrorSchema }),
  z.object({ kind: z.literal('event'), name: z.string(), payload: z.unknown() }),
]);
/** All transports carry just these. */
export type Frame = z.infer<typeof frameSchema>;

/** Carries frames between a window and core: Electron IPC, a WebSocket, process messages, or memory. */
export interface Transport {
  /** Sends or, before the first connection, queues. Frames arrive whole and in order. */
  send(frame: Frame): void;
  /** @returns A function that ends the subscription. */
  onFrame(listener: (frame: Frame) => void): () => void;
  /** Called with false when the other side is lost and with true when it is there again. */
  onConnection(listener: (connected: boolean) => void): () => void;
}

/** @returns The frame, or null for anything that is not one. */
export function parseFrame(value: unknown): Frame | null {
  const parsed = frameSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}

/** @returns The frame in a text message, or null for anything that is not one. */
export function parseFrameText(text: string): Frame | null {
  try {
    return parseFrame(JSON.parse(text));
  } catch {
    return null;
  }
}
