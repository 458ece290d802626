import { describe, expect, it, vi } from 'vitest';
import { emptyDataset, emptyModel } from '../../src-main/core/projects/documents/document-kinds.ts';
import { navigationCommands } from '../../src-renderer/workbench/commands/navigation-commands.ts';
import { rankCommands } from '../../src-renderer/workbench/commands/rank.ts';
import { slotsOf } from '../../src-renderer/slots/slots.ts';
import { Toasts } from '../../src-renderer/state/toasts.svelte.ts';
import { createStudio } from '../../src-renderer/workbench/studio.ts';
import type { LaminaClient } from '../../src-shared/contract/client.ts';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';

vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {} }));
const { features } = await import('../../src-renderer/workbench/features.ts');

const client = { request: () => new Promise(() => {}), on: () => () => {} } as unknown as LaminaClient;
const snapshot = {
  model: emptyModel('model'),
  dataset: emptyDataset('data'),
  warnings: [],
  readOnly: null,
} as unknown as ProjectSnapshot;
const studio = createStudio({
  client,
  snapshot,
  preferences: { theme: 'system', runsAtOnce: 1, layout: {} },
  toasts: new Toasts(),
});
const slots = slotsOf(features.map((register) => register(studio)));
const navigation = navigationCommands(studio, slots, { openPalette() {}, openProject() {}, newProject() {} });
const commands = [...slots.commands, ...navigation];

describe('slots', () => {
  it.each([
    ['screens', slots.screens],
    ['panels', slots.panels],
    ['commands', commands],
  ])('%s have unique ids', (_, parts) => {
    const ids = parts.map(({ id }) => id);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
  });

  it('menu entries and tools refer to existing commands', () => {
    const known = new Set(commands.map(({ id }) => id));
    const named = [...Object.values(slots.canvasMenus).flat(2), ...slots.canvasTools.flat()];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(({ command }) => !known.has(command))).toEqual([]);
  });

  it('order of screens and panels does not depend on the order of features', () => {
    const reversed = slotsOf(features.toReversed().map((register) => register(studio)));
    const ids = (parts: readonly { readonly id: string }[]) => parts.map(({ id }) => id);
    expect(ids(reversed.screens)).toEqual(['data', 'model', 'train', 'runs', 'evaluate']);
    expect(ids(reversed.panels)).toEqual(ids(slots.panels));
  });

  it('the command palette finds commands by common words', () => {
    const first = (query: string) => rankCommands(commands, query)[0]?.id;
    expect(first('dark')).toBe('view.theme.dark');
    expect(first('light')).toBe('view.theme.light');
    expect(first('help')).toBe('view.palette');
    expect(first('shortcut')).toBe('view.palette');
    expect(rankCommands(commands, 'export').map(({ id }) => id)).toEqual(
      expect.arrayContaining(['model.saveSvg', 'model.savePng', 'go.evaluate', 'view.code']),
    );
  });
});
