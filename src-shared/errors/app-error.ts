import { z } from 'zod';

/** A failure at a boundary: a stable code and a message for a person. Flat, so that it crosses processes. */
export const appErrorSchema = z.object({
  /** Stable, kebab-case with a room: 'dataset/ragged-row'. */
  code: z.string(),
  /** What was expected, what was received, what to do. */
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
});

export type AppErrorData = z.infer<typeof appErrorSchema>;

export class AppError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;

  constructor(code: string, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.details = details;
  }

  toJSON(): AppErrorData {
    return { code: this.code, message: this.message, details: this.details };
  }

  /** Any thrown thing as data; what is not an AppError becomes 'internal/unexpected'. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown;
    const parsed = appErrorSchema.safeParse(thrown);
    if (parsed.success) return new AppError(parsed.data.code, parsed.data.message, parsed.data.details);
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const stack = thrown instanceof Error ? thrown.stack : undefined;
    return new AppError('internal/unexpected', message, stack === undefined ? {} : { stack });
  }
}
