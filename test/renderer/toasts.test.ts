import { beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

const messages = (toasts: Toasts) => toasts.list.map(({ message }) => message);

test('toasts are listed newest first, up to three', () => {
  const toasts = new Toasts();
  for (const message of ['a', 'b', 'b', 'c', 'd']) toasts.fail(new AppError('x/y', message));
  expect(messages(toasts)).toEqual(['d', 'c', 'b']);
  expect(toasts.closeNewest()).toBe(true);
  expect(messages(toasts)).toEqual(['c', 'b']);
});

test('toasts without a failure expire, and actions are removed with their project', () => {
  const toasts = new Toasts();
  toasts.good('kept');
  toasts.info('made', { action: { label: 'Undo', run: () => {} } });
  toasts.closeOffers();
  expect(messages(toasts)).toEqual(['kept']);
  vi.advanceTimersByTime(5_000);
  expect(messages(toasts)).toEqual([]);
  expect(toasts.closeNewest()).toBe(false);
});
