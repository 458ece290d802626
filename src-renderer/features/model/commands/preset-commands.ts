import { applyPreset, changesByPreset, hasHiddenLayers } from '../../../../src-shared/presets/apply-preset.ts';
import { presets } from '../../../../src-shared/presets/presets.ts';
import { createId } from '../../../state/ids.ts';
import { formatCountOf } from '../../../ui/format/numbers.ts';
import type { Stores } from '../../../state/stores.ts';
import { NEEDS_MODEL, type Command } from '../../../commands/command.ts';

/** Usual configurations, of the selected layers or of the whole graph on the canvas. */
export function presetCommands({ model, editor, steps }: Pick<Stores, 'model' | 'editor' | 'steps'>): Command[] {
  const chosen = () => (editor.selectedNodes.length === 0 ? null : editor.selectedNodes);
  return presets.map((preset): Command => {
    return {
      id: `preset.${preset.id}`,
      group: 'Model',
      title: () => {
        const ids = chosen();
        return `Set ${preset.title} in ${ids === null ? 'all hidden layers' : formatCountOf(ids.length, 'selected layer')}`;
      },
      blocked: () => {
        if (steps.current !== 'model') return NEEDS_MODEL;
        if (changesByPreset(model.document, chosen(), preset)) return null;
        if (hasHiddenLayers(model.document, chosen())) return 'All hidden layers here are set so already.';
        return chosen() === null ? 'There is no hidden layer here.' : 'No hidden layer is selected.';
      },
      run: () => model.perform(applyPreset(model.document, chosen(), preset, createId)),
    };
  });
}
