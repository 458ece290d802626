import { describe, expect, it, vi } from 'vitest';
import { formatKeys, matchesKeys, NEEDS_MODEL, runByKeys, type Command } from '../../src-renderer/commands/command.ts';
import { rankCommands } from '../../src-renderer/workbench/commands/rank.ts';

const press = (key: string, modifiers: Partial<KeyboardEvent> = {}) =>
  ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...modifiers }) as KeyboardEvent;

describe('matchesKeys', () => {
  it.each([
    ['Mod+K', press('k', { ctrlKey: true }), true],
    ['Mod+K', press('k'), false],
    ['Mod+Z', press('Z', { ctrlKey: true, shiftKey: true }), false],
    ['Mod+Shift+Z', press('Z', { ctrlKey: true, shiftKey: true }), true],
    ['1', press('1'), true],
    ['1', press('1', { altKey: true }), false],
    ['+', press('+', { shiftKey: true }), true],
    ['Delete', press('Delete'), true],
    ['F', press('f'), true],
  ])('%s', (keys, event, expected) => expect(matchesKeys(event, keys)).toBe(expected));

  it('formatKeys prints keys as on the keyboard', () => expect(formatKeys('Mod+Shift+Z')).toBe('Ctrl Shift Z'));
});

describe('runByKeys', () => {
  /** @returns Whether it ran, whether the browser still hears the key, and what is said. */
  function pressed(changes: Partial<Command>, repeat = false) {
    const [run, preventDefault, tell] = [vi.fn(), vi.fn(), vi.fn()];
    runByKeys({ id: 'a', title: 'Undo', group: 'Edit', run, ...changes }, { preventDefault, repeat }, tell);
    return [run.mock.calls.length, preventDefault.mock.calls.length, ...tell.mock.calls.flat()];
  }
  const blocked = () => 'Nothing was edited.';

  it('runs a command that can run', () => expect(pressed({})).toEqual([1, 1]));
  it('says why a command cannot run', () => expect(pressed({ blocked })).toEqual([0, 1, 'Undo: Nothing was edited.']));
  it('says it once while the key is held', () => expect(pressed({ blocked }, true)).toEqual([0, 1]));
  it('leaves the key to the browser without a word where the command says so', () =>
    expect(pressed({ blocked, leavesKeys: true })).toEqual([0, 0]));
});

describe('rankCommands', () => {
  const command = (id: string, title: string, blocked: string | null = null): Command => ({
    id,
    title,
    group: 'Edit',
    blocked: () => blocked,
    run: () => undefined,
  });
  const commands = [
    command('a', 'Delete selection'),
    command('b', 'Select all layers'),
    command('c', 'Train', 'No data'),
  ];
  const ids = (query: string) => rankCommands(commands, query).map(({ id }) => id);

  it('ranks title prefixes first and returns all commands for an empty query', () => {
    expect(ids('sel')).toEqual(['b', 'a']);
    expect(ids('')).toEqual(['a', 'b', 'c']);
  });

  it('matches every word, also in blocked commands', () => {
    expect(ids('all layers')).toEqual(['b']);
    expect(ids('train')).toEqual(['c']);
    expect(ids('nothing')).toEqual([]);
  });

  it('ranks matches of keywords after matches of titles', () => {
    const found = [
      { ...command('a', 'Save a picture'), words: 'export image' },
      { ...command('b', 'Export the model'), words: 'save' },
    ];
    expect(rankCommands(found, 'export').map(({ id }) => id)).toEqual(['b', 'a']);
    expect(rankCommands(found, 'imag').map(({ id }) => id)).toEqual(['a']);
    expect(rankCommands(found, 'mage')).toEqual([]);
  });

  it('ranks commands that only need the Model screen before blocked ones', () => {
    const found = [command('a', 'Freeze', 'Nothing is selected'), command('b', 'Freeze all', NEEDS_MODEL)];
    expect(rankCommands(found, 'freeze').map(({ id }) => id)).toEqual(['b', 'a']);
  });
});
