import { expect } from 'vitest';

/** Matches an AppError with this code. */
export const appError = (code: string): Error => expect.objectContaining({ name: 'AppError', code }) as Error;
