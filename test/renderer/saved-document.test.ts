import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AppError } from '../../src-shared/errors/app-error.ts';
import { SavedDocument } from '../../src-renderer/state/saved-document.svelte.ts';

/** Storage with revisions, like core. */
function disk(initial: string) {
  const state = { value: initial, revision: 1, saves: 0, failure: null as AppError | null };
  return {
    state,
    save: async (value: string, baseRevision: number) => {
      if (state.failure !== null) throw state.failure;
      if (baseRevision !== state.revision) throw new AppError('project/changed-elsewhere', 'Changed elsewhere.');
      state.saves += 1;
      state.value = value;
      state.revision += 1;
      return { revision: state.revision, setAside: [] };
    },
    load: async () => ({ value: state.value, revision: state.revision }),
  };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('SavedDocument', () => {
  it('saves once, within half a second of the first of many edits', async () => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage);
    for (const value of ['ab', 'abc', 'abcd']) {
      saved.set(value);
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(saved.state).toBe('waiting');
    await vi.advanceTimersByTimeAsync(200);
    expect(storage.state).toMatchObject({ value: 'abcd', saves: 1 });
    expect(saved.state).toBe('saved');
  });

  it('saves during continuous edits', async () => {
    const storage = disk('');
    const saved = new SavedDocument('', 1, storage);
    for (let i = 1; i <= 30; i += 1) {
      saved.set('x'.repeat(i));
      await vi.advanceTimersByTimeAsync(100);
      expect(i - storage.state.value.length).toBeLessThanOrEqual(5);
    }
  });

  it('loads changes from elsewhere if nothing is unsaved', async () => {
    const storage = disk('a');
    const loaded = vi.fn();
    const saved = new SavedDocument('a', 1, { ...storage, onLoaded: loaded });
    Object.assign(storage.state, { value: 'theirs', revision: 2 });
    await saved.changed(2);
    expect(saved.value).toBe('theirs');
    expect(loaded).toHaveBeenCalledWith('theirs');
  });

  it('ignores the change event caused by its own save, even if it arrives before the save response', async () => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage);
    saved.set('b');
    const saving = saved.flush();
    const echo = saved.changed(2);
    await Promise.all([saving, echo]);
    expect(saved.state).toBe('saved');
    expect(saved.value).toBe('b');
  });

  it.each([
    ['keepMine', 'mine'],
    ['loadTheirs', 'theirs'],
  ] as const)('enters conflict when both sides changed, which %s resolves', async (choice, expected) => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage);
    Object.assign(storage.state, { value: 'theirs', revision: 2 });
    saved.set('mine');
    await vi.advanceTimersByTimeAsync(500);
    expect(saved.state).toBe('conflict');
    expect(storage.state.value).toBe('theirs');
    await saved[choice]();
    expect(saved.state).toBe('saved');
    expect(saved.value).toBe(expected);
    expect(storage.state.value).toBe(expected);
    saved.set('more');
    await vi.advanceTimersByTimeAsync(500);
    expect(storage.state.value).toBe('more');
  });

  it('retries after a failed save', async () => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage);
    storage.state.failure = new AppError('project/disk-full', 'The disk is full.');
    saved.set('b');
    await vi.advanceTimersByTimeAsync(500);
    expect(saved.state).toBe('failed');
    expect(saved.error?.code).toBe('project/disk-full');
    storage.state.failure = null;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(saved.state).toBe('saved');
    expect(storage.state.value).toBe('b');
  });

  it('saves an edit made during a save', async () => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage);
    saved.set('b');
    const saving = saved.flush();
    saved.set('c');
    await saving;
    await vi.advanceTimersByTimeAsync(500);
    expect(storage.state.value).toBe('c');
    expect(saved.state).toBe('saved');
  });

  it('rejects edits in a read-only project', async () => {
    const storage = disk('a');
    const saved = new SavedDocument('a', 1, storage, { mayEdit: () => false, keptAside: () => {} });
    expect(saved.set('b')).toBe(false);
    await vi.advanceTimersByTimeAsync(500);
    expect([saved.value, saved.state, storage.state.saves]).toEqual(['a', 'saved', 0]);
  });

  it('reports the new name of a damaged file', async () => {
    const storage = disk('a');
    const keptAside = vi.fn();
    const save = async (value: string, revision: number) => ({
      ...(await storage.save(value, revision)),
      setAside: ['a.json.damaged-1'],
    });
    const saved = new SavedDocument('a', 1, { ...storage, save }, { mayEdit: () => true, keptAside });
    saved.set('b');
    await vi.advanceTimersByTimeAsync(500);
    expect(keptAside).toHaveBeenCalledWith(['a.json.damaged-1']);
  });
});
